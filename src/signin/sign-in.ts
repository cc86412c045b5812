import type { AuditedCall } from '../audit/audited-caller.ts'
import type { ChallengeNameType } from '../contract/generated/types.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { WorkProof } from '../protection/stuffing/work-proof.ts'
import type { UserContext } from '../protection/user-context.ts'
import type { AssuranceLevel } from '../tokens/assurance.ts'
import type { IssuedTokens } from '../tokens/issue-tokens.ts'
import type { ChallengeResult } from '../triggers/custom-challenge.ts'
import type { CallerContext, Texts } from '../triggers/trigger.ts'
import type { KeptDevice } from '../users/devices/kept-device.ts'
import type { User } from '../users/user.ts'
import type { SignInRisk } from './risk/sign-in-risk.ts'

export type ChallengeName = ChallengeNameType

/** What a sign-in has proven: the challenge that was answered, or a recovery code, which can answer that of a second factor. */
export type Proof = ChallengeName | 'RECOVERY_CODE'

/** What stays the same in one call of a sign-in. `ip` and `userAgent` are the user's, as far as they are known. */
export type SignInContext = UserContext & {
  readonly pool: Pool
  readonly client: AppClient
  /** The program that makes the call, and the ClientMetadata of an answer to a challenge. */
  readonly caller: CallerContext
  /** The device that the client names. */
  readonly deviceKey: string | undefined
  /** The work that a page asked the browser for because its network is slowed down. */
  readonly workProof?: WorkProof | undefined
  /** The devices that the user's browser keeps, on the hosted pages. Undefined in the API. */
  readonly keptDevices?: readonly KeptDevice[] | undefined
  /** Whether no remembered device replaces the second factor: the user is asked for a fresh proof. */
  readonly needsAllFactors?: boolean | undefined
  /** The ClientMetadata of InitiateAuth. It goes to other triggers than the ClientMetadata of an answer does. */
  readonly validationData: Texts | undefined
  /**
   * Id of the auth event that earlier calls of this sign-in recorded (or would have recorded, for a decoy). Undefined until
   * a call has recorded one, and in pools without a history.
   */
  readonly recordedEventId: string | undefined
  /** The audit record of the call. Undefined in the public API, whose calls leave none. */
  readonly audit: AuditedCall | undefined
}

export type PoolAndClient = Pick<SignInContext, 'pool' | 'client'>

/** What a sign-in carries from call to call. */
export type SignInProgress = {
  /** What was proven so far, the first factor first. */
  readonly proofs: readonly Proof[]
  /** Id of the auth event to update as this sign-in progresses. Undefined in pools without a history, and before anything is recorded. */
  readonly eventId: string | undefined
  readonly stepUp: StepUp | undefined
  /** The challenge results that the trigger functions of `CUSTOM_AUTH` receive; undefined in other flows. */
  readonly custom: readonly ChallengeResult[] | undefined
  /** Undefined until the risk is assessed, and where it is not. */
  readonly risk?: SignInRisk | undefined
  /** Whether a password of this sign-in is known to be stolen. Undefined where none was looked up. */
  readonly isCompromised?: boolean | undefined
}

/** The level of assurance that a sign-in is to reach. */
export type StepUp = {
  readonly goal: AssuranceLevel
  /** When the earliest proof was given, in epoch seconds, if that was in an earlier sign-in. */
  readonly since?: number
}

/** A sign-in of an existing user who has proven something and may have to prove more. */
export type SignIn = {
  readonly context: SignInContext
  readonly user: User
  readonly progress: SignInProgress
}

/** A challenge as the client receives it. */
export type Challenge = {
  readonly name: ChallengeName
  readonly parameters: Readonly<Record<string, string>>
  /** Undefined for a challenge that carries its state in a parameter, as SRP does in SECRET_BLOCK. */
  readonly session: string | undefined
  /** In a choice-based sign-in: the first factors that the user may choose instead. */
  readonly available?: readonly ChallengeName[]
}

/** A call of a sign-in led to another challenge. */
export type IssuedChallenge = { readonly kind: 'challenge'; readonly challenge: Challenge }

/** A call of a sign-in completed it with tokens. */
export type TokensResult = { readonly kind: 'signed-in'; readonly tokens: IssuedTokens }

/** The result of one call of a sign-in through the API. */
export type StepResult = IssuedChallenge | TokensResult

export const noProgress: SignInProgress = { proofs: [], eventId: undefined, stepUp: undefined, custom: undefined }

/**
 * The progress with one more proof. In `CUSTOM_AUTH` the trigger functions receive a passed challenge. `answered` names it where the proof has
 * another name, such as a recovery code.
 */
export function withProof(progress: SignInProgress, proof: Proof, answered: string = proof): SignInProgress {
  const custom = progress.custom && [...progress.custom, passedChallenge(answered)]
  return { ...progress, proofs: [...progress.proofs, proof], custom }
}

export const passedChallenge = (name: string): ChallengeResult => ({ name, isPassed: true, metadata: null })
