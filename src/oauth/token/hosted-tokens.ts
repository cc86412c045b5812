import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { RequestContext } from '../../contract/operation.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { AuthMethod } from '../../tokens/assurance.ts'
import type { GrantedScopes } from '../../tokens/granted-scopes.ts'
import { draftSession, type IssuedTokens, issueTokens, type KeyBinding, type TokenDeps } from '../../tokens/issue-tokens.ts'
import { runPreTokenGeneration } from '../../tokens/run-pre-token-generation.ts'
import type { Session, SessionDevice } from '../../tokens/session.ts'
import { beginLimitedSession } from '../../tokens/sessions/begin-session.ts'
import { firstActivity } from '../../tokens/sessions/tracked-sessions.ts'
import { callerContextOf } from '../../triggers/trigger.ts'
import { deviceGroupKeyOf } from '../../users/devices/device.ts'
import { findDevice, recordDeviceUse } from '../../users/devices/device-repository.ts'
import type { User } from '../../users/user.ts'
import { recordSessionClient } from '../domain-session/record-session-client.ts'
import type { DomainSessionReference } from '../domain-session/session-cookie.ts'

export type HostedTokensDeps = TokenDeps & { readonly db: Db; readonly clock: Clock }

/** A user who was authenticated on the hosted pages, and what the user granted to the client. */
export type HostedAuthentication = PoolAndClient & {
  readonly user: User
  readonly context: RequestContext
  /** When the user was authenticated, in epoch seconds. */
  readonly authTime: number
  readonly methods: readonly AuthMethod[] | undefined
  /** The confirmed device that the user signed in on. */
  readonly deviceKey?: string | undefined
  readonly granted: GrantedScopes
  readonly nonce: string | undefined
  readonly binding?: KeyBinding | undefined
  /** The domain session that the tokens belong to. Undefined in manner cognito, and for a device, whose tokens outlive it. */
  readonly domainSession: DomainSessionReference | undefined
}

/**
 * Begins a session and issues its tokens. `consume` runs in the transaction that stores the session: it uses up what the tokens are given
 * for. If it throws, no session is stored.
 *
 * @throws OAuthError invalid_grant when the session of the browser has ended, and the client would have been told so.
 * @throws ApiError when the PreTokenGeneration trigger refuses, and NotAuthorizedException when the user was disabled, signed out or deleted
 *   meanwhile, and when the user has forgotten the device.
 */
export async function issueHostedTokens(
  deps: HostedTokensDeps,
  authentication: HostedAuthentication,
  consume: (tx: Tx, session: Session) => Promise<void>,
): Promise<IssuedTokens> {
  const { pool, client, user, context, authTime, methods, granted, nonce, binding, domainSession } = authentication
  const subject = { pool, client, user }
  const caller = callerContextOf(client, context, undefined)
  const device = await findSessionDevice(deps, authentication)
  const customization = await runPreTokenGeneration(deps, subject, 'TokenGeneration_HostedAuth', caller, granted)
  const now = deps.clock.now()
  const session = draftSession(client, user, now, { activity: firstActivity(pool, context, now), device })
  const storing = deps.db.transaction().execute(async (tx) => {
    if (domainSession !== undefined) await recordSessionClient(tx, subject, domainSession)
    await consume(tx, session)
    await beginLimitedSession(tx, pool, session)
  })
  // Signing occupies the thread pool, and storing waits for the database. So both run at the same time.
  const issuing = issueTokens(
    deps,
    subject,
    { session, device, customization, methods, since: authTime, granted, nonce, binding, sid: domainSession?.sid },
    now,
  )
  await Promise.allSettled([issuing, storing])
  const [tokens] = await Promise.all([issuing, storing])
  // If the user forgets the device in this moment, the new session is marked.
  if (device !== undefined) await recordDeviceUse(deps.db, { ...session, key: device.key }, { ip: context.ip ?? null, now })
  return tokens
}

async function findSessionDevice(
  { db, secrets }: HostedTokensDeps,
  { pool, user, deviceKey }: HostedAuthentication,
): Promise<SessionDevice | undefined> {
  if (pool.devices === undefined || deviceKey === undefined) return undefined
  const device = await findDevice(db, { poolId: pool.id, sub: user.sub, key: deviceKey })
  if (device === undefined) throw new ApiError('NotAuthorizedException', 'The user has forgotten the device.')
  return { key: device.key, groupKey: deviceGroupKeyOf(secrets, user), isConfirmed: true }
}
