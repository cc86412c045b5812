import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { dayMs, minuteMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { ProviderSession } from '../../federation/provider-session.ts'
import type { AppClient } from '../../pools/app-client.ts'
import { endsBrowserSessions } from '../../pools/browser-sessions.ts'
import { hostedPagesOf, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { isAnyStateConsumed } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import type { AuthMethod } from '../../tokens/assurance.ts'
import { findDevice } from '../../users/devices/device-repository.ts'
import { identitiesOf, identityMark } from '../../users/linked-identities/linked-identity.ts'
import { securityStampOf } from '../../users/security-stamp.ts'
import { extendSessionClients } from '../../users/session-clients/session-client-repository.ts'
import type { User } from '../../users/user.ts'
import { findUser } from '../../users/user-repository.ts'
import { ownUsers } from '../providers/find-provider.ts'
import { type EndedSession, endDomainSession } from './end-domain-session.ts'
import { type DomainSession, openSessionCookie, sealSessionCookie } from './session-cookie.ts'

/** The most users who are signed in side by side. A cookie has a limited length. */
const mostAccounts = 5

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/** The cookie of the browser in a pool, as it was sent. */
type SentCookie = { readonly pool: Pool; readonly cookie: string | undefined }

/** A cookie for the browser. It lasts as long as the last of its sessions. */
export type SessionCookie = { readonly value: string; readonly maxAgeSeconds: number }

/** A session that is still good, with its user. */
export type LiveSession = { readonly session: DomainSession; readonly user: User }

type NewSession = {
  readonly user: User
  readonly authTime: number
  readonly provenAt: number | undefined
  readonly methods: readonly AuthMethod[] | undefined
  readonly hasSecondFactor: boolean
  readonly deviceKey: string | undefined
  /** Whether the user wants to stay signed in on this browser. */
  readonly isRemembered: boolean
  /** The identity provider by which the user has signed in, or `COGNITO`. */
  readonly providerName: string
  /** The mark of the identity there. */
  readonly identity?: string | undefined
  /** What ends the session at the user's identity provider, where a logout is to go there. */
  readonly atProvider?: ProviderSession | undefined
}

/**
 * The session after a sign-in, and the cookie with it. The new session comes first, which makes its user the current one. Other users of
 * the browser stay signed in.
 */
export async function beginDomainSession(
  deps: Deps,
  { pool, cookie }: SentCookie,
  { user, isRemembered, ...signIn }: NewSession,
): Promise<{ readonly session: DomainSession; readonly cookie: SessionCookie }> {
  const { clock, secrets } = deps
  const now = clock.now()
  const { sessionMinutes, sessionIdleMinutes, rememberMeDays } = hostedPagesOf(pool)
  const isLong = isRemembered && rememberMeDays !== undefined
  const before = openSessionCookie(secrets, pool.id, cookie).filter(({ expiresAt }) => now < expiresAt)
  const session: DomainSession = {
    id: randomUUID(),
    poolId: pool.id,
    sub: user.sub,
    authTime: signIn.authTime,
    provenAt: signIn.provenAt,
    methods: signIn.methods,
    hasSecondFactor: signIn.hasSecondFactor,
    expiresAt: now + (isLong ? rememberMeDays * dayMs : sessionMinutes * minuteMs),
    usedAt: sessionIdleMinutes === undefined || isLong ? undefined : now,
    deviceKey: signIn.deviceKey,
    securityStamp: securityStampOf(user),
    sid: mannerOf(pool) === 'STRICT' ? await findLiveSid(deps, pool, before, user) : undefined,
    providerName: signIn.providerName,
    identity: signIn.identity,
    atProvider: signIn.atProvider,
  }
  const others = before.filter(({ sub }) => sub !== user.sub).slice(0, mostAccounts - 1)
  // A session that leaves the cookie ends, so that a copy of the cookie does not keep it.
  for (const one of before) if (!others.includes(one)) await endDomainSession(deps, one, { isContinued: one.sid === session.sid })
  const { sid, sub, expiresAt } = session
  const isContinued = sid !== undefined && before.some((one) => one.sid === sid)
  if (isContinued) await extendSessionClients(deps.db, { poolId: pool.id, sub, sid }, expiresAt)
  return { session, cookie: writeCookie({ clock, secrets }, pool, [session, ...others]) }
}

/** The `sid` of the user's session in the browser, if it lasts: for the apps, a new sign-in of the same user goes on with it. */
async function findLiveSid(deps: Deps, pool: Pool, sessions: readonly DomainSession[], { sub }: User): Promise<string> {
  const earlier = sessions.find((session) => session.sub === sub)
  const live = earlier && (await findLive(deps, pool, earlier))
  return live?.session.sid ?? randomUUID()
}

/**
 * The session of the browser's current user. Undefined when this pool did not make the cookie, when the session has ended, and when its
 * user is disabled or deleted. Another user of the browser does not take the place: the user chooses.
 */
export async function findDomainSession(deps: Deps, { pool, cookie }: SentCookie): Promise<LiveSession | undefined> {
  const [current] = openSessionCookie(deps.secrets, pool.id, cookie)
  return current && findLive(deps, pool, current)
}

/** The cookie after its current session was used. Undefined where it does not change, because idle sessions last. */
export function cookieAfterUse(deps: Omit<Deps, 'db'>, { pool, cookie }: SentCookie): SessionCookie | undefined {
  const [current, ...others] = openSessionCookie(deps.secrets, pool.id, cookie)
  if (current?.usedAt === undefined) return undefined
  return writeCookie(deps, pool, [{ ...current, usedAt: deps.clock.now() }, ...others])
}

/** The sessions of all users who are signed in in the browser, the current one first. */
export async function findAccounts(deps: Deps, { pool, cookie }: SentCookie): Promise<readonly LiveSession[]> {
  const sessions = openSessionCookie(deps.secrets, pool.id, cookie)
  const found = await Promise.all(sessions.map((session) => findLive(deps, pool, session)))
  return found.filter((live) => live !== undefined)
}

/** The cookie with the session `id` as the current one. Undefined when the cookie has no such session. */
export function cookieWithCurrent(deps: Omit<Deps, 'db'>, { pool, cookie }: SentCookie, id: string): SessionCookie | undefined {
  const sessions = openSessionCookie(deps.secrets, pool.id, cookie)
  const chosen = sessions.find((session) => session.id === id)
  return chosen && writeCookie(deps, pool, [chosen, ...sessions.filter((session) => session !== chosen)])
}

/**
 * The cookie after the user of the session `id` has set another password. The session in this browser goes on; those in other browsers keep
 * the stamp of the old password. Undefined when the cookie has no such session.
 */
export function cookieAfterNewPassword(
  deps: Omit<Deps, 'db'>,
  { pool, cookie }: SentCookie,
  id: string,
  user: User,
): SessionCookie | undefined {
  const sessions = openSessionCookie(deps.secrets, pool.id, cookie)
  if (!sessions.some((session) => session.id === id)) return undefined
  const securityStamp = securityStampOf(user)
  return writeCookie(
    deps,
    pool,
    sessions.map((session) => (session.id === id ? { ...session, securityStamp } : session)),
  )
}

function writeCookie({ clock, secrets }: Omit<Deps, 'db'>, pool: Pool, sessions: readonly DomainSession[]): SessionCookie {
  const last = Math.max(...sessions.map(({ expiresAt }) => expiresAt))
  return { value: sealSessionCookie(secrets, pool.id, sessions), maxAgeSeconds: Math.ceil((last - clock.now()) / 1000) }
}

async function findLive({ db, clock }: Omit<Deps, 'secrets'>, pool: Pool, session: DomainSession): Promise<LiveSession | undefined> {
  const { sessionIdleMinutes } = hostedPagesOf(pool)
  const idleEnd = (session.usedAt ?? Infinity) + (sessionIdleMinutes ?? Infinity) * minuteMs
  if (Math.min(session.expiresAt, idleEnd) <= clock.now()) return undefined
  // A logout with an older cookie of the browser ends the whole session: its apps were told, and redeem no more codes of it.
  const ids = [session.id, ...(session.sid === undefined ? [] : [session.sid])]
  const [user, isEnded, isForgotten] = await Promise.all([
    findUser(db, session.poolId, session.sub),
    isAnyStateConsumed(db, ids),
    isDeviceForgotten(db, pool, session),
  ])
  if (!user?.enabled || isEnded || isForgotten || isUnlinked(user, session)) return undefined
  return endsBrowserSessions(pool) && securityStampOf(user) !== session.securityStamp ? undefined : { session, user }
}

/** Whether the identity of the sign-in was unlinked. A thief may have linked it; unlinking it ends the sign-ins that it made. */
function isUnlinked({ attributes }: User, { providerName, identity }: DomainSession): boolean {
  if (providerName === undefined || providerName === ownUsers) return false
  const present = identitiesOf(attributes).filter((one) => one.providerName === providerName)
  return !present.some((one) => identity === undefined || identityMark(one) === identity)
}

async function isDeviceForgotten(db: Db, pool: Pool, { poolId, sub, deviceKey: key }: DomainSession): Promise<boolean> {
  if (pool.devices === undefined || key === undefined) return false
  return (await findDevice(db, { poolId, sub, key })) === undefined
}

/** Whether the client accepts the session: some clients want a more recent authentication (SetUserPoolClientSessionConfiguration). */
export function acceptsSession({ ssoSessionMinutes }: AppClient, { authTime }: DomainSession, now: number): boolean {
  return ssoSessionMinutes === undefined || now < authTime * 1000 + ssoSessionMinutes * minuteMs
}

/** The sessions at identity providers that a logout of the browser is to end. Sessions that expired here are left alone there. */
export function providerSessionsIn(deps: Omit<Deps, 'db'>, sent: SentCookie): readonly ProviderSession[] {
  return sessionsAtProviders(deps, sent).map(({ atProvider }) => atProvider)
}

/** The sessions of the browser that began at providers which a logout here is to reach, with what names each of them there. */
export function sessionsAtProviders(
  { secrets, clock }: Omit<Deps, 'db'>,
  { pool, cookie }: SentCookie,
): readonly { readonly session: DomainSession; readonly atProvider: ProviderSession }[] {
  const sessions = openSessionCookie(secrets, pool.id, cookie).filter(({ expiresAt }) => clock.now() < expiresAt)
  return sessions.flatMap((session) => (session.atProvider === undefined ? [] : [{ session, atProvider: session.atProvider }]))
}

/** The cookie without the sessions. Undefined when no other is left. */
export function cookieWithout(
  deps: Omit<Deps, 'db'>,
  { pool, cookie }: SentCookie,
  ended: readonly DomainSession[],
): SessionCookie | undefined {
  const left = openSessionCookie(deps.secrets, pool.id, cookie).filter(({ id }) => !ended.some((one) => one.id === id))
  return left.length === 0 ? undefined : writeCookie(deps, pool, left)
}

/** Ends the sessions in the cookie. A copy of the cookie is of no use any longer. Returns them with the clients that are to be told. */
export async function endDomainSessions(deps: Deps, { pool, cookie }: SentCookie): Promise<readonly EndedSession[]> {
  const ended: EndedSession[] = []
  for (const session of openSessionCookie(deps.secrets, pool.id, cookie)) ended.push(await endDomainSession(deps, session))
  return ended
}
