import type { AppClient } from '../app-client.ts'
import type { Pool, SessionTracking } from '../pool.ts'

const defaultTracking: SessionTracking = { enabled: false, maxPerUser: 20 }
const defaultSsoMinutes = 60

/** Whether the pool tracks sessions, and how many a user may have. By default, sessions are not tracked. */
export function sessionTrackingOf(pool: Pool): SessionTracking {
  return pool.sessionTracking ?? defaultTracking
}

export function writeSessionTracking(poolId: string, { enabled, maxPerUser }: SessionTracking) {
  return {
    UserPoolId: poolId,
    UserSessionTracking: enabled ? 'ENABLED' : 'DISABLED',
    TokenSession: { MaxPerUser: maxPerUser },
  } as const
}

export function writeClientSessions(client: AppClient) {
  return {
    UserPoolId: client.poolId,
    ClientId: client.id,
    SSOSession: { MaxValidityMinutes: client.ssoSessionMinutes ?? defaultSsoMinutes },
  }
}
