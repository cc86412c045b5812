import type { SelfServiceOperation } from '../../pools/extensions/self-service.ts'
import { maySelfServe } from '../../users/self-service/self-service.ts'
import type { User } from '../../users/user.ts'
import type { PageClient } from '../authorize/authorization-request.ts'
import type { AuthorizeDeps } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import type { LiveSession } from '../domain-session/domain-session.ts'
import { isFreshProof, lacksSecondFactor } from '../domain-session/fresh-proof.ts'
import { type PageProof, proofOf } from '../domain-session/proof.ts'
import type { DomainSession } from '../domain-session/session-cookie.ts'

/** The signed-in user of the account page. */
export type Account = PageClient & {
  readonly browser: BrowserRequest
  readonly user: User
  readonly session: DomainSession
  /** What the user has proven in this browser. */
  readonly proof: PageProof
  /** Whether a sign-in asks the user for a second factor, which the proof does not have. */
  readonly lacksFactor: boolean
  readonly now: number
}

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
  const { proof, lacksFactor, now } = account
  const verdicts = switches.map((operation) => maySelfServe(account, operation, proof, now))
  // A user without a second factor cannot bring one.
  if (verdicts.some((verdict) => verdict === 'denied' || (verdict === 'needs-second-factor' && !lacksFactor))) return 'denied'
  const needsFresh = typeof isSensitive === 'boolean' ? isSensitive : isSensitive(account)
  return verdicts.every((verdict) => verdict === 'allowed') && (!needsFresh || isFreshProof(proof, lacksFactor, now))
    ? 'allowed'
    : 'needs-proof'
}

export async function accountOf(
  { db, clock }: Pick<AuthorizeDeps, 'db' | 'clock'>,
  owner: PageClient,
  browser: BrowserRequest,
  { user, session }: LiveSession,
): Promise<Account> {
  const proof = proofOf(session)
  return { ...owner, browser, user, session, proof, lacksFactor: await lacksSecondFactor(db, owner.pool, user, proof), now: clock.now() }
}
