import { ApiError } from '../contract/api-error.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { User } from './user.ts'

/** The authenticated caller of an `access-token` operation, with the client and the session that the token belongs to. */
export type TokenCaller = {
  readonly pool: Pool
  readonly client: AppClient
  readonly user: User
  readonly sessionId: string
  /** The key of the session's device, which may be unconfirmed; null if the pool did not track devices at the sign-in. */
  readonly deviceKey: string | null
}

/** The error for a token whose session has ended, or whose user was signed out everywhere. */
export function accessTokenRevoked(): ApiError {
  return new ApiError('NotAuthorizedException', 'Access Token has been revoked')
}
