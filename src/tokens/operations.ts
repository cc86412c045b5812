import { adminUserGlobalSignOut } from './admin-user-global-sign-out.operation.ts'
import { getClientToken } from './get-client-token.operation.ts'
import { getTokensFromRefreshToken } from './get-tokens-from-refresh-token.operation.ts'
import { globalSignOut } from './global-sign-out.operation.ts'
import { revokeToken } from './revoke-token.operation.ts'
import { rotateSigningKeys } from './rotate-signing-keys.operation.ts'
import { adminListUserSessions } from './sessions/admin-list-user-sessions.operation.ts'
import { adminRevokeUserSession } from './sessions/admin-revoke-user-session.operation.ts'
import { listUserSessions } from './sessions/list-user-sessions.operation.ts'
import { revokeUserSession } from './sessions/revoke-user-session.operation.ts'

/** The API operations of this module. */
export const tokenOperations = [
  adminUserGlobalSignOut,
  getClientToken,
  getTokensFromRefreshToken,
  globalSignOut,
  revokeToken,
  rotateSigningKeys,
  adminListUserSessions,
  adminRevokeUserSession,
  listUserSessions,
  revokeUserSession,
] as const
