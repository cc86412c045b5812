import { adminConfirmSignUp } from './admin/admin-confirm-sign-up.operation.ts'
import { adminCreateUser } from './admin/admin-create-user.operation.ts'
import { adminDeleteUser } from './admin/admin-delete-user.operation.ts'
import { adminDeleteUserAttributes } from './admin/admin-delete-user-attributes.operation.ts'
import { adminDisableUser } from './admin/admin-disable-user.operation.ts'
import { adminEnableUser } from './admin/admin-enable-user.operation.ts'
import { adminGetUser } from './admin/admin-get-user.operation.ts'
import { adminResetUserPassword } from './admin/admin-reset-user-password.operation.ts'
import { adminSetUserPassword } from './admin/admin-set-user-password.operation.ts'
import { adminUpdateUserAttributes } from './admin/admin-update-user-attributes.operation.ts'
import { adminListUserAuthEvents } from './auth-events/admin-list-user-auth-events.operation.ts'
import { adminUpdateAuthEventFeedback } from './auth-events/admin-update-auth-event-feedback.operation.ts'
import { describeAuthEventRisk } from './auth-events/describe-auth-event-risk.operation.ts'
import { updateAuthEventFeedback } from './auth-events/update-auth-event-feedback.operation.ts'
import { issueCode } from './codes/issue-code.operation.ts'
import { listDeletedUsers } from './deleted-users/list-deleted-users.operation.ts'
import { purgeDeletedUser } from './deleted-users/purge-deleted-user.operation.ts'
import { restoreUser } from './deleted-users/restore-user.operation.ts'
import { adminForgetDevice } from './devices/admin-forget-device.operation.ts'
import { adminGetDevice } from './devices/admin-get-device.operation.ts'
import { adminListDevices } from './devices/admin-list-devices.operation.ts'
import { adminUpdateDeviceStatus } from './devices/admin-update-device-status.operation.ts'
import { confirmDevice } from './devices/confirm-device.operation.ts'
import { forgetDevice } from './devices/forget-device.operation.ts'
import { getDevice } from './devices/get-device.operation.ts'
import { listDevices } from './devices/list-devices.operation.ts'
import { updateDeviceStatus } from './devices/update-device-status.operation.ts'
import { describeFormerPool } from './former-pool/describe-former-pool.operation.ts'
import { adminAddUserToGroup } from './groups/admin-add-user-to-group.operation.ts'
import { adminListGroupsForUser } from './groups/admin-list-groups-for-user.operation.ts'
import { adminRemoveUserFromGroup } from './groups/admin-remove-user-from-group.operation.ts'
import { createGroup } from './groups/create-group.operation.ts'
import { deleteGroup } from './groups/delete-group.operation.ts'
import { getGroup } from './groups/get-group.operation.ts'
import { listGroups } from './groups/list-groups.operation.ts'
import { listUsersInGroup } from './groups/list-users-in-group.operation.ts'
import { updateGroup } from './groups/update-group.operation.ts'
import { createUserImportJob } from './import/create-user-import-job.operation.ts'
import { createUserRecordsImportJob } from './import/create-user-records-import-job.operation.ts'
import { describeUserImportJob } from './import/describe-user-import-job.operation.ts'
import { getCsvHeader } from './import/get-csv-header.operation.ts'
import { listUserImportJobs } from './import/list-user-import-jobs.operation.ts'
import { listUserImportLog } from './import/list-user-import-log.operation.ts'
import { startUserImportJob } from './import/start-user-import-job.operation.ts'
import { stopUserImportJob } from './import/stop-user-import-job.operation.ts'
import { adminDisableProviderForUser } from './linked-identities/admin-disable-provider-for-user.operation.ts'
import { adminLinkProviderForUser } from './linked-identities/admin-link-provider-for-user.operation.ts'
import { unlinkProvider } from './linked-identities/unlink-provider.operation.ts'
import { listUsers } from './list/list-users.operation.ts'
import { mergeUsers } from './merging/merge-users.operation.ts'
import { listMessages } from './messages/list-messages.operation.ts'
import { readMessageCode } from './messages/read-message-code.operation.ts'
import { resendMessage } from './messages/resend-message.operation.ts'
import { adminDeleteSoftwareToken } from './mfa/admin-delete-software-token.operation.ts'
import { adminGetUserAuthFactors } from './mfa/admin-get-user-auth-factors.operation.ts'
import { adminSetUserMfaPreference } from './mfa/admin-set-user-mfa-preference.operation.ts'
import { adminSetUserSettings } from './mfa/admin-set-user-settings.operation.ts'
import { getUserAuthFactors } from './mfa/get-user-auth-factors.operation.ts'
import { setUserMfaPreference } from './mfa/set-user-mfa-preference.operation.ts'
import { setUserSettings } from './mfa/set-user-settings.operation.ts'
import { completeWebAuthnRegistration } from './passkeys/complete-web-authn-registration.operation.ts'
import { deleteWebAuthnCredential } from './passkeys/delete-web-authn-credential.operation.ts'
import { listWebAuthnCredentials } from './passkeys/list-web-authn-credentials.operation.ts'
import { startWebAuthnRegistration } from './passkeys/start-web-authn-registration.operation.ts'
import { updateWebAuthnCredential } from './passkeys/update-web-authn-credential.operation.ts'
import { changePassword } from './profile/change-password.operation.ts'
import { deleteUser } from './profile/delete-user.operation.ts'
import { deleteUserAttributes } from './profile/delete-user-attributes.operation.ts'
import { getUser } from './profile/get-user.operation.ts'
import { getUserAttributeVerificationCode } from './profile/get-user-attribute-verification-code.operation.ts'
import { updateUserAttributes } from './profile/update-user-attributes.operation.ts'
import { verifyUserAttribute } from './profile/verify-user-attribute.operation.ts'
import { confirmForgotPassword } from './recovery/confirm-forgot-password.operation.ts'
import { forgotPassword } from './recovery/forgot-password.operation.ts'
import { adminDeleteRecoveryCodes } from './recovery-codes/admin-delete-recovery-codes.operation.ts'
import { adminGetRecoveryCodeStatus } from './recovery-codes/admin-get-recovery-code-status.operation.ts'
import { createRecoveryCodes } from './recovery-codes/create-recovery-codes.operation.ts'
import { getRecoveryCodeStatus } from './recovery-codes/get-recovery-code-status.operation.ts'
import { describeSchemaChange } from './schema-changes/describe-schema-change.operation.ts'
import { finishSchemaChange } from './schema-changes/finish-schema-change.operation.ts'
import { planSchemaChange } from './schema-changes/plan-schema-change.operation.ts'
import { startSchemaChange } from './schema-changes/start-schema-change.operation.ts'
import { undoSchemaChange } from './schema-changes/undo-schema-change.operation.ts'
import { confirmSignUp } from './sign-up/confirm-sign-up.operation.ts'
import { correctSignUpContact } from './sign-up/correct-sign-up-contact.operation.ts'
import { resendConfirmationCode } from './sign-up/resend-confirmation-code.operation.ts'
import { signUp } from './sign-up/sign-up.operation.ts'
import { adminChangeUsername } from './usernames/admin-change-username.operation.ts'
import { changeUsername } from './usernames/change-username.operation.ts'

/** The API operations of this module. */
export const userOperations = [
  changePassword,
  confirmForgotPassword,
  confirmSignUp,
  correctSignUpContact,
  deleteUser,
  deleteUserAttributes,
  forgotPassword,
  getUser,
  getUserAttributeVerificationCode,
  resendConfirmationCode,
  signUp,
  updateUserAttributes,
  verifyUserAttribute,
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
  adminListUserAuthEvents,
  adminUpdateAuthEventFeedback,
  updateAuthEventFeedback,
  describeAuthEventRisk,
  issueCode,
  adminForgetDevice,
  adminGetDevice,
  adminListDevices,
  adminUpdateDeviceStatus,
  confirmDevice,
  forgetDevice,
  getDevice,
  listDevices,
  updateDeviceStatus,
  adminAddUserToGroup,
  adminListGroupsForUser,
  adminRemoveUserFromGroup,
  createGroup,
  deleteGroup,
  getGroup,
  listGroups,
  listUsersInGroup,
  updateGroup,
  describeFormerPool,
  getCsvHeader,
  createUserImportJob,
  createUserRecordsImportJob,
  describeUserImportJob,
  listUserImportJobs,
  startUserImportJob,
  stopUserImportJob,
  listUserImportLog,
  adminDisableProviderForUser,
  adminLinkProviderForUser,
  unlinkProvider,
  mergeUsers,
  createRecoveryCodes,
  getRecoveryCodeStatus,
  adminGetRecoveryCodeStatus,
  adminDeleteRecoveryCodes,
  listDeletedUsers,
  purgeDeletedUser,
  restoreUser,
  listMessages,
  readMessageCode,
  resendMessage,
  adminDeleteSoftwareToken,
  adminGetUserAuthFactors,
  adminSetUserMfaPreference,
  adminSetUserSettings,
  getUserAuthFactors,
  setUserMfaPreference,
  setUserSettings,
  completeWebAuthnRegistration,
  deleteWebAuthnCredential,
  listWebAuthnCredentials,
  startWebAuthnRegistration,
  updateWebAuthnCredential,
  adminChangeUsername,
  changeUsername,
  describeSchemaChange,
  finishSchemaChange,
  planSchemaChange,
  startSchemaChange,
  undoSchemaChange,
] as const
