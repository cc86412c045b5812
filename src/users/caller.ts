import { ApiError } from '../contract/api-error.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { User } from './user.ts'

/** A signed-in user, and the app client of the sign-in: the caller of an `access-token` operation, or a user of the hosted pages. */
export type UserCaller = {
  readonly pool: Pool
  readonly client: AppClient
  readonly user: User
}

/** A signed-in user, with the session that the access token belongs to. It is undefined on the hosted pages, which use no token. */
export type SessionCaller = UserCaller & { readonly sessionId: string | undefined }

/** The authenticated caller of an `access-token` operation, with the client and the session that the token belongs to. */
export type TokenCaller = UserCaller & {
  readonly sessionId: string
  /** The key of the session's device, which may be unconfirmed; null if the pool did not track devices at the sign-in. */
  readonly deviceKey: string | null
}

/** The error for a token whose session has ended, or whose user was signed out everywhere. */
export function accessTokenRevoked(): ApiError {
  return new ApiError('NotAuthorizedException', 'Access Token has been revoked')
}
