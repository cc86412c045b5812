import { changePassword } from './profile/change-password.operation.ts'
import { deleteUser } from './profile/delete-user.operation.ts'
import { deleteUserAttributes } from './profile/delete-user-attributes.operation.ts'
import { getUser } from './profile/get-user.operation.ts'
import { getUserAttributeVerificationCode } from './profile/get-user-attribute-verification-code.operation.ts'
import { updateUserAttributes } from './profile/update-user-attributes.operation.ts'
import { verifyUserAttribute } from './profile/verify-user-attribute.operation.ts'
import { confirmForgotPassword } from './recovery/confirm-forgot-password.operation.ts'
import { forgotPassword } from './recovery/forgot-password.operation.ts'
import { confirmSignUp } from './sign-up/confirm-sign-up.operation.ts'
import { correctSignUpContact } from './sign-up/correct-sign-up-contact.operation.ts'
import { resendConfirmationCode } from './sign-up/resend-confirmation-code.operation.ts'
import { signUp } from './sign-up/sign-up.operation.ts'

/** What users do about themselves. */
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
] as const
