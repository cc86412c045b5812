import type { ChallengeNameType } from '../contract/generated/types.ts'
import type { RequestContext } from '../contract/operation.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { AssuranceLevel } from '../tokens/assurance.ts'
import type { IssuedTokens } from '../tokens/issue-tokens.ts'
import type { ChallengeResult } from '../triggers/custom-challenge.ts'
import type { CallerContext, Texts } from '../triggers/trigger.ts'
import type { User } from '../users/user.ts'

export type ChallengeName = ChallengeNameType

/** One sign-in under way: somebody has proven something to this client and may have to prove more. */
export type SignIn = {
  readonly pool: Pool
  readonly client: AppClient
  readonly user: User
  /** The challenges answered so far, the first factor first. */
  readonly proofs: readonly ChallengeName[]
  /** The device that the client says it is on. */
  readonly deviceKey?: string | undefined
  /** Where the pool keeps a history: the event that this sign-in is there until it has ended. */
  readonly eventId: string | undefined
  readonly stepUp: StepUp | undefined
  /** What the pool's functions have seen so far of a sign-in that goes as they say; undefined for any other. */
  readonly custom: readonly ChallengeResult[] | undefined
  /** Who makes the call that is being answered. */
  readonly caller: CallerContext
}

/** What a sign-in is after that was asked for a level of assurance. */
export type StepUp = {
  readonly goal: AssuranceLevel
  /** When the earliest of its proofs was given, in epoch seconds, if that was in a sign-in before this one. */
  readonly since?: number
}

/** What a call of a sign-in brings along, besides what it answers or asks. */
export type Visit = RequestContext &
  Pick<SignIn, 'eventId' | 'stepUp' | 'custom' | 'caller'> & {
    readonly deviceKey: string | undefined
    /** The ClientMetadata of InitiateAuth, which reaches other triggers than that of an answer does. */
    readonly validationData: Texts | undefined
  }

/** One question to the user, and what the server must know again when the answer comes. */
export type Challenge = {
  readonly name: ChallengeName
  readonly parameters: Readonly<Record<string, string>>
  /** Undefined for a challenge that carries its memory in a parameter of its own, as SRP does in SECRET_BLOCK. */
  readonly session: string | undefined
  /** What the user may choose from instead, where they may choose. */
  readonly available?: readonly ChallengeName[]
}

/** Where a sign-in stands after a step. */
export type Progress =
  | { readonly kind: 'challenge'; readonly challenge: Challenge }
  | { readonly kind: 'signed-in'; readonly tokens: IssuedTokens }
