import { adminUserGlobalSignOut } from './admin-user-global-sign-out.operation.ts'
import { getClientToken } from './get-client-token.operation.ts'
import { getTokensFromRefreshToken } from './get-tokens-from-refresh-token.operation.ts'
import { globalSignOut } from './global-sign-out.operation.ts'
import { revokeToken } from './revoke-token.operation.ts'
import { rotateSigningKeys } from './rotate-signing-keys.operation.ts'

export const tokenOperations = [
  adminUserGlobalSignOut,
  getClientToken,
  getTokensFromRefreshToken,
  globalSignOut,
  revokeToken,
  rotateSigningKeys,
] as const
