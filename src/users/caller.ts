import { ApiError } from '../contract/api-error.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { User } from './user.ts'

/** What the gateway proved of an `access-token` operation: who calls, through which client, in which session. */
export type TokenCaller = {
  readonly pool: Pool
  readonly client: AppClient
  readonly user: User
  readonly sessionId: string
  /** The key that the session's device has, or is to be confirmed under; null where the pool did not track devices. */
  readonly deviceKey: string | null
}

/** What a token is told whose session has ended, or whose user has been signed out everywhere. */
export function accessTokenRevoked(): ApiError {
  return new ApiError('NotAuthorizedException', 'Access Token has been revoked')
}
