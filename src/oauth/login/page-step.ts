import { randomUUID } from 'node:crypto'
import { minuteMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { IdentityToLink } from '../../federation/people/link-identity.ts'
import type { ContactAttribute } from '../../pools/pool.ts'
import type { Challenge, ChallengeName } from '../../signin/sign-in.ts'

/** An identity at a provider that waits for a proof: it is linked to the user who has its address, once that user signs in. */
export type PendingIdentity = IdentityToLink & {
  /** The user who has the address. */
  readonly sub: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** What a browser keeps from step to step while an identity waits for a proof. */
type MayLink = { readonly pending?: PendingIdentity | undefined }

/** The user came from an identity provider, and has to sign in to the account with the same address. */
export type ProofStep = Required<MayLink> & { readonly kind: 'proof'; readonly username: '' }

/** What stays the same through a sign-in on the pages. */
export type PageAttempt = MayLink & {
  /** The name that the user typed. */
  readonly username: string
  /** Whether the user wants to stay signed in on this browser. */
  readonly isRemembered: boolean
}

/** A sign-in that waits for the answer to a challenge. */
export type ChallengeStep = PageAttempt & {
  readonly kind: 'challenge'
  readonly challenge: ChallengeName
  readonly session: string
  /** What the page needs to know of the challenge. */
  readonly parameters: Readonly<Record<string, string>>
  /** The first factors that the user can choose instead. Undefined after the first factor. */
  readonly available: readonly ChallengeName[] | undefined
  /**
   * Whether a recovery code can answer the challenge, and whether the page asks for one. It does not depend on whether the user has codes.
   * Undefined: no code can.
   */
  readonly recoveryCode?: 'offered' | 'asked' | undefined
}

/** A sign-in that waits until the user opens the link in an e-mail. */
export type LinkStep = PageAttempt & {
  readonly kind: 'link'
  /** Sends another link, or lets the user choose another first factor. */
  readonly session: string
  /** Masked. */
  readonly destination: string | undefined
  readonly available: readonly ChallengeName[]
  /** Whether the link is not the first one. */
  readonly isResent: boolean
}

/** Where the code of a sign-up or of a password reset went. */
export type SentCode = {
  readonly username: string
  /** Masked. Undefined when these pages sent no code: the user tried to sign in, and may have a code from elsewhere. */
  readonly destination: string | undefined
  readonly attribute?: ContactAttribute | undefined
  /** Whether the code is not the first one. */
  readonly isResent?: boolean | undefined
}

/** A sign-up that waits for its code. `session` is that of SignUp, if the pool gives one. */
export type ConfirmStep = SentCode & {
  readonly kind: 'confirm'
  readonly session?: string | undefined
  /** The query of the app's request, for a link that is opened in this browser. Undefined if it is too long for a cookie. */
  readonly query: string | undefined
}

/** A cookie has a limited length. */
const longestQuery = 1500

export const queryForStep = (query: string): string | undefined => (query.length <= longestQuery ? query : undefined)

/** A password reset that waits for its code. */
export type ResetStep = SentCode &
  MayLink & {
    readonly kind: 'reset'
    /** The code, once a page has found that it is right. */
    readonly code?: string | undefined
  }

/** The user has confirmed the account, or has set a new password, and has to sign in. */
export type DoneStep = MayLink & { readonly kind: 'done'; readonly username: string; readonly done: 'confirmed' | 'reset' }

/** What a user has to do next on the pages of a pool. */
export type NextStep = ChallengeStep | LinkStep | ConfirmStep | ResetStep | DoneStep | ProofStep

/**
 * A step, as the browser keeps it: sealed in a cookie, so that nothing is stored and a page can be reloaded. The page's form carries `id`.
 * So an answer that belongs to another step, such as that of a second tab, is noticed.
 */
export type PageStep = NextStep & {
  readonly id: string
  readonly clientId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** The longest AuthSessionValidity. The Session of a challenge may end earlier. */
const challengeMs = 15 * minuteMs
/** As long as the code of a password reset is valid, and as long as a link can be at most. */
const codeMs = 60 * minuteMs

/** How long an identity waits for a proof. The user may have to set a new password first. */
export const pendingIdentityMs = codeMs

export function newPageStep(clientId: string, step: NextStep, now: number, id: string = randomUUID()): PageStep {
  return { ...step, id, clientId, expiresAt: now + (step.kind === 'challenge' ? challengeMs : codeMs) }
}

/** The parameters of challenges that pages show. Others are left out, because a cookie has a limited length. */
const shown: ReadonlySet<string> = new Set([
  'CODE_DELIVERY_DESTINATION',
  'CREDENTIAL_REQUEST_OPTIONS',
  'FRIENDLY_DEVICE_NAME',
  'MFAS_CAN_CHOOSE',
  'MFAS_CAN_SETUP',
  'requiredAttributes',
])

/** A user who can only give a password is asked for it at once. Codes are sent only when the user asks for one. */
const isPasswordOnly = (available: readonly ChallengeName[]): boolean =>
  available.every((name) => name === 'PASSWORD' || name === 'PASSWORD_SRP')

export function challengeStep(
  { username, isRemembered, pending }: PageAttempt,
  { name, parameters, session = '', available }: Challenge,
  recoveryCode?: 'offered',
): ChallengeStep {
  const kept = Object.fromEntries(
    Object.entries(parameters)
      .filter(([key]) => shown.has(key))
      .map(([key, value]) => [key, key === 'CREDENTIAL_REQUEST_OPTIONS' ? shortened(value) : value]),
  )
  const challenge = name === 'SELECT_CHALLENGE' && isPasswordOnly(available ?? []) ? 'PASSWORD' : name
  return { kind: 'challenge', username, isRemembered, pending, challenge, session, parameters: kept, available, recoveryCode }
}

/**
 * The options for passkeys without the list of the user's passkeys, if that list is too long for a cookie. Browsers then offer all passkeys
 * of the relying party, because all were registered as discoverable ones.
 */
function shortened(options: string): string {
  return options.length <= 1200 ? options : JSON.stringify({ ...JSON.parse(options), allowCredentials: [] })
}

export function sealPageStep(secrets: Secrets, poolId: string, step: PageStep): string {
  return secrets.seal('page-step', JSON.stringify({ v: 1, ...step }), poolId)
}

/** Opens the cookie of a browser. Undefined when this pool did not make it, for another client, and when it has expired. */
export function openPageStep(
  secrets: Secrets,
  { poolId, clientId }: { readonly poolId: string; readonly clientId: string },
  cookie: string | undefined,
  now: number,
): PageStep | undefined {
  const opened = cookie === undefined ? undefined : secrets.open('page-step', cookie, poolId)
  if (opened === undefined) return undefined
  const { v, ...step } = JSON.parse(opened.toString()) as PageStep & { readonly v: unknown }
  return v === 1 && step.clientId === clientId && now < step.expiresAt ? step : undefined
}
