import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { hourMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { AppClient } from '../../pools/app-client.ts'
import { consumeState, isStateConsumed } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import type { AuthMethod } from '../../tokens/assurance.ts'
import type { User } from '../../users/user.ts'
import { findUser } from '../../users/user-repository.ts'
import { openSessionCookie, sealSessionCookie } from './session-cookie.ts'

/**
 * The session of a user of a browser with the hosted pages of a pool. All app clients of the pool share it. It travels sealed in a cookie
 * and is not stored. It lasts an hour, however it is used, and it outlives a change of the password and GlobalSignOut, as at Cognito.
 */
export type DomainSession = {
  readonly id: string
  readonly poolId: string
  readonly sub: string
  /** When the user was authenticated, in epoch seconds. */
  readonly authTime: number
  readonly methods: readonly AuthMethod[] | undefined
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export const domainSessionMs = hourMs

/** The most users who are signed in side by side. A cookie has a limited length. */
const mostAccounts = 5

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/** The cookie of the browser in a pool. */
type Cookie = { readonly poolId: string; readonly cookie: string | undefined }

/** A session that is still good, with its user. */
export type LiveSession = { readonly session: DomainSession; readonly user: User }

/**
 * The cookie after a sign-in: the new session comes first, which makes its user the current one. Other users of the browser stay signed in.
 */
export function cookieWithSession(
  { clock, secrets }: Omit<Deps, 'db'>,
  { poolId, cookie }: Cookie,
  { user, authTime, methods }: { readonly user: User } & Pick<DomainSession, 'authTime' | 'methods'>,
): string {
  const now = clock.now()
  const session: DomainSession = { id: randomUUID(), poolId, sub: user.sub, authTime, methods, expiresAt: now + domainSessionMs }
  const others = openSessionCookie(secrets, poolId, cookie).filter(({ sub, expiresAt }) => sub !== user.sub && now < expiresAt)
  return sealSessionCookie(secrets, poolId, [session, ...others].slice(0, mostAccounts))
}

/**
 * The session of the browser's current user. Undefined when this pool did not make the cookie, when the session has expired or was ended by
 * a sign-out in the browser, and when its user is disabled or deleted. Another user of the browser does not take the place: the user chooses.
 */
export async function findDomainSession(deps: Deps, { poolId, cookie }: Cookie): Promise<LiveSession | undefined> {
  const [current] = openSessionCookie(deps.secrets, poolId, cookie)
  return current && findLive(deps, current)
}

/** The sessions of all users who are signed in in the browser, the current one first. */
export async function findAccounts(deps: Deps, { poolId, cookie }: Cookie): Promise<readonly LiveSession[]> {
  const sessions = openSessionCookie(deps.secrets, poolId, cookie)
  const found = await Promise.all(sessions.map((session) => findLive(deps, session)))
  return found.filter((live) => live !== undefined)
}

/** The cookie with the session `id` as the current one. Undefined when the cookie has no such session. */
export function cookieWithCurrent({ secrets }: Pick<Deps, 'secrets'>, { poolId, cookie }: Cookie, id: string): string | undefined {
  const sessions = openSessionCookie(secrets, poolId, cookie)
  const chosen = sessions.find((session) => session.id === id)
  return chosen && sealSessionCookie(secrets, poolId, [chosen, ...sessions.filter((session) => session !== chosen)])
}

async function findLive({ db, clock }: Omit<Deps, 'secrets'>, session: DomainSession): Promise<LiveSession | undefined> {
  if (session.expiresAt <= clock.now()) return undefined
  const [user, isEnded] = await Promise.all([findUser(db, session.poolId, session.sub), isStateConsumed(db, session.id)])
  return user?.enabled && !isEnded ? { session, user } : undefined
}

/** Whether the client accepts the session: some clients want a more recent authentication (SetUserPoolClientSessionConfiguration). */
export function acceptsSession({ ssoSessionMinutes = 60 }: AppClient, { authTime }: DomainSession, now: number): boolean {
  return now < authTime * 1000 + ssoSessionMinutes * 60_000
}

/** Ends the sessions in the cookie. A copy of the cookie is of no use any longer. */
export async function endDomainSessions({ db, secrets }: Omit<Deps, 'clock'>, { poolId, cookie }: Cookie): Promise<void> {
  for (const { id, expiresAt } of openSessionCookie(secrets, poolId, cookie)) await consumeState(db, id, expiresAt)
}
