import { minuteMs } from '../../base/durations.ts'
import type { SelfServiceOperation } from '../../pools/extensions/self-service.ts'
import { decideMfa } from '../../signin/mfa-decision.ts'
import { hasSoftwareToken } from '../../users/mfa/software-token-repository.ts'
import { maySelfServe, type SelfServiceProof } from '../../users/self-service/self-service.ts'
import type { User } from '../../users/user.ts'
import type { PageClient } from '../authorize/authorization-request.ts'
import type { AuthorizeDeps } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import type { LiveSession } from '../domain-session/domain-session.ts'
import { proofOf } from '../domain-session/proof.ts'
import type { DomainSession } from '../domain-session/session-cookie.ts'

/** The signed-in user of the account page. */
export type Account = PageClient & {
  readonly browser: BrowserRequest
  readonly user: User
  readonly session: DomainSession
  /** What the user has proven in this browser. */
  readonly proof: SelfServiceProof
  /** Whether a sign-in asks the user for a second factor. */
  readonly needsSecondFactor: boolean
  readonly now: number
}

/** A session outlives the moment in which its user sat at the browser. So a sensitive change needs a sign-in that is not older than this. */
const freshMs = 10 * minuteMs

/** What an action asks of the user. */
export type Condition = {
  /** The operations whose switches the action obeys. */
  readonly switches: readonly SelfServiceOperation[]
  /** Whether the action needs a fresh proof, whatever the switches say. */
  readonly isSensitive: boolean | ((account: Account) => boolean)
}

/** `needs-proof`: a fresh sign-in with all factors of the user would allow it. `denied`: the page does not offer it. */
export type ActionState = 'allowed' | 'needs-proof' | 'denied'

export function stateOf(account: Account, { switches, isSensitive }: Condition): ActionState {
  const { proof, needsSecondFactor, now } = account
  const verdicts = switches.map((operation) => maySelfServe(account, operation, proof, now))
  // A user without a second factor cannot bring one.
  if (verdicts.some((verdict) => verdict === 'denied' || (verdict === 'needs-second-factor' && !needsSecondFactor))) return 'denied'
  const needsFresh = typeof isSensitive === 'boolean' ? isSensitive : isSensitive(account)
  return verdicts.every((verdict) => verdict === 'allowed') && (!needsFresh || isFresh(account)) ? 'allowed' : 'needs-proof'
}

const isFresh = ({ proof, needsSecondFactor, now }: Account): boolean =>
  now - proof.authTime <= freshMs && (proof.hasSecondFactor || !needsSecondFactor)

export async function accountOf(
  { db, clock }: Pick<AuthorizeDeps, 'db' | 'clock'>,
  owner: PageClient,
  browser: BrowserRequest,
  { user, session }: LiveSession,
): Promise<Account> {
  const proof = proofOf(session)
  return { ...owner, browser, user, session, proof, needsSecondFactor: await asksSecondFactor(db, owner, user), now: clock.now() }
}

/** The pool asks users of identity providers for no second factor: that is the provider's affair. */
async function asksSecondFactor(db: AuthorizeDeps['db'], { pool }: PageClient, user: User): Promise<boolean> {
  if (user.status === 'EXTERNAL_PROVIDER') return false
  return decideMfa(pool, user, await hasSoftwareToken(db, user)).kind !== 'pass'
}
