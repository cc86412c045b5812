import { listUsers } from '../list/list-users.operation.ts'
import { adminConfirmSignUp } from './admin-confirm-sign-up.operation.ts'
import { adminCreateUser } from './admin-create-user.operation.ts'
import { adminDeleteUser } from './admin-delete-user.operation.ts'
import { adminDeleteUserAttributes } from './admin-delete-user-attributes.operation.ts'
import { adminDisableUser } from './admin-disable-user.operation.ts'
import { adminEnableUser } from './admin-enable-user.operation.ts'
import { adminGetUser } from './admin-get-user.operation.ts'
import { adminResetUserPassword } from './admin-reset-user-password.operation.ts'
import { adminSetUserPassword } from './admin-set-user-password.operation.ts'
import { adminUpdateUserAttributes } from './admin-update-user-attributes.operation.ts'

/** What administrators do about users. */
export const adminOperations = [
  adminConfirmSignUp,
  adminCreateUser,
  adminDeleteUser,
  adminDeleteUserAttributes,
  adminDisableUser,
  adminEnableUser,
  adminGetUser,
  adminResetUserPassword,
  adminSetUserPassword,
  adminUpdateUserAttributes,
  listUsers,
] as const
