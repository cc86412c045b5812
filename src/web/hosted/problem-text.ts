import type { ApiError, ErrorCode } from '../../contract/api-error.ts'
import { SelfServiceRefusal } from '../../users/self-service/self-service.ts'
import type { TextKey } from '../pages/locales/en.ts'
import type { Text } from '../pages/texts.ts'

/** Texts for errors of the API. A message that comes first stands for errors that share their code. */
const byMessage: Readonly<Record<string, TextKey>> = {
  'Incorrect username or password.': 'errorWrongSignIn',
  'User is disabled.': 'errorDisabled',
  'Provided password cannot be used for security reasons.': 'errorPasswordStolen',
  'The password could not be compared with the list of stolen passwords. Please try again.': 'errorUnavailable',
  'Password attempts exceeded': 'errorTooMany',
  'Unable to login because of security reasons.': 'errorBlocked',
  'Request not allowed due to security reasons.': 'errorBlocked',
  'The browser sent no cookie.': 'errorCookies',
  'The passwords are not the same.': 'errorPasswordsDiffer',
  'This page has expired. Please try again.': 'errorExpired',
  'The deletion was not confirmed.': 'accountDeleteUnconfirmed',
  'The identity provider did not confirm a new sign-in.': 'accountNotFresh',
  'The user code is not valid.': 'errorDeviceCode',
  'The name is missing.': 'errorNameMissing',
  'No identity provider has the domain of the address.': 'errorCorporateAddress',
  'User is already confirmed.': 'errorAlreadyConfirmed',
  'User cannot be confirmed. Current status is CONFIRMED': 'errorAlreadyConfirmed',
  'Cannot reset password for the user as there is no registered/verified email or phone_number': 'errorCannotReset',
  'User password cannot be reset in the current state.': 'errorCannotReset',
}

const byCode: Readonly<Partial<Record<ErrorCode, TextKey>>> = {
  AliasExistsException: 'errorUserExists',
  CodeDeliveryFailureException: 'errorNotSent',
  CodeMismatchException: 'errorWrongCode',
  EnableSoftwareTokenMFAException: 'errorWrongCode',
  ExpiredCodeException: 'errorExpiredCode',
  InvalidPasswordException: 'errorPasswordRules',
  LimitExceededException: 'errorTooMany',
  PasswordHistoryPolicyViolationException: 'errorPasswordUsed',
  TooManyRequestsException: 'errorTooMany',
  UserNotFoundException: 'errorUserNotFound',
  UsernameExistsException: 'errorUserExists',
}

const byVerdict: Readonly<Record<SelfServiceRefusal['verdict'], TextKey>> = {
  denied: 'errorNotAllowed',
  'needs-fresh-sign-in': 'errorSignInAgain',
  'needs-second-factor': 'errorSecondFactorNeeded',
}

/** What a page says about an error of the API. Errors without a text of ours, such as a trigger function's, keep their own words. */
export function problemText(text: Text, error: ApiError): string {
  if (error instanceof SelfServiceRefusal) return text(byVerdict[error.verdict])
  const key = byMessage[error.message] ?? byCode[error.code] ?? violationKey(error)
  return key === undefined ? error.message : text(key)
}

/** For a value with wrong characters, or that is too short or too long. The API's words about it are for programs. */
function violationKey({ code, message }: ApiError): TextKey | undefined {
  if (code !== 'InvalidParameterException' || !/^\d+ validation errors? detected: /.test(message)) return undefined
  return message.includes("at 'password' failed") ? 'errorPasswordRules' : 'errorFormat'
}
