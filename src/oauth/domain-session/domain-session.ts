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

/**
 * The session of a browser with the hosted pages of a pool. All app clients of the pool share it. It travels sealed in a cookie and is not
 * stored. It lasts an hour, however it is used, and it outlives a change of the password and GlobalSignOut, as at Cognito.
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

export function newDomainSession(
  user: User,
  { authTime, methods }: Pick<DomainSession, 'authTime' | 'methods'>,
  now: number,
): DomainSession {
  return { id: randomUUID(), poolId: user.poolId, sub: user.sub, authTime, methods, expiresAt: now + domainSessionMs }
}

/** The sealed form. Its keys are short, because browsers send the cookie with each request. A server refuses a version that it does not know. */
type SealedForm = {
  readonly v: 1
  readonly id: string
  readonly s: string
  readonly t: number
  readonly m?: readonly AuthMethod[] | undefined
  readonly e: number
}

export function sealDomainSession(secrets: Secrets, { id, poolId, sub, authTime, methods, expiresAt }: DomainSession): string {
  const form: SealedForm = { v: 1, id, s: sub, t: authTime, m: methods, e: expiresAt }
  return secrets.seal('domain-session', JSON.stringify(form), poolId)
}

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/** A session that is still good, with its user. */
export type LiveSession = { readonly session: DomainSession; readonly user: User }

/**
 * Opens the cookie of a browser. Undefined when this pool did not make it, when the session has expired or was ended by a sign-out in the
 * browser, and when its user is disabled or deleted.
 */
export async function findDomainSession(deps: Deps, poolId: string, cookie: string | undefined): Promise<LiveSession | undefined> {
  const session = cookie === undefined ? undefined : openDomainSession(deps.secrets, poolId, cookie)
  if (session === undefined || session.expiresAt <= deps.clock.now()) return undefined
  const [user, isEnded] = await Promise.all([findUser(deps.db, poolId, session.sub), isStateConsumed(deps.db, session.id)])
  return user?.enabled && !isEnded ? { session, user } : undefined
}

/** Whether the client accepts the session: some clients want a more recent authentication (SetUserPoolClientSessionConfiguration). */
export function acceptsSession({ ssoSessionMinutes = 60 }: AppClient, { authTime }: DomainSession, now: number): boolean {
  return now < authTime * 1000 + ssoSessionMinutes * 60_000
}

/** Ends the session in the cookie. A copy of the cookie is of no use any longer. */
export async function endDomainSession({ db, secrets }: Omit<Deps, 'clock'>, poolId: string, cookie: string | undefined): Promise<void> {
  const session = cookie === undefined ? undefined : openDomainSession(secrets, poolId, cookie)
  if (session !== undefined) await consumeState(db, session.id, session.expiresAt)
}

function openDomainSession(secrets: Secrets, poolId: string, cookie: string): DomainSession | undefined {
  const opened = secrets.open('domain-session', cookie, poolId)
  if (opened === undefined) return undefined
  const form = JSON.parse(opened.toString()) as SealedForm | { readonly v: unknown }
  if (!isForm1(form)) return undefined
  return { id: form.id, poolId, sub: form.s, authTime: form.t, methods: form.m, expiresAt: form.e }
}

const isForm1 = (form: SealedForm | { readonly v: unknown }): form is SealedForm => form.v === 1
