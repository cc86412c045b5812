import { adminDeleteSoftwareToken } from './admin-delete-software-token.operation.ts'
import { adminGetUserAuthFactors } from './admin-get-user-auth-factors.operation.ts'
import { adminSetUserMfaPreference } from './admin-set-user-mfa-preference.operation.ts'
import { adminSetUserSettings } from './admin-set-user-settings.operation.ts'
import { getUserAuthFactors } from './get-user-auth-factors.operation.ts'
import { setUserMfaPreference } from './set-user-mfa-preference.operation.ts'
import { setUserSettings } from './set-user-settings.operation.ts'

/** Which second factors a user is asked for. */
export const mfaOperations = [
  adminDeleteSoftwareToken,
  adminGetUserAuthFactors,
  adminSetUserMfaPreference,
  adminSetUserSettings,
  getUserAuthFactors,
  setUserMfaPreference,
  setUserSettings,
] as const
