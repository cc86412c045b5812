import type { Shape } from './read-model.ts'

/**
 * Constraints that replace those of the member's shape. With `emptyAllowed`, an empty string is valid although `min` or `pattern` does not
 * allow it. With `optionalStart`, the pattern applies to what follows that text, if the value begins with it.
 */
export type MemberOverride = Pick<Shape, 'min' | 'max' | 'pattern'> & { readonly emptyAllowed?: true; readonly optionalStart?: string }

const livePattern = '^[\\S]+.*[\\S]+$'

/** The live service's rules for a new password (observed): at least six characters, and spaces only inside. */
const newPassword: MemberOverride = { min: 6, max: 256, pattern: livePattern }

/** Of a client whose name asks for its id, in `dev`. The operations refuse such a name elsewhere. */
const clientName: MemberOverride = { min: 1, max: 128, pattern: '[\\w\\s+=,.@-]+', optionalStart: '_custom_id_:' }

/** Members whose constraints differ from the model. The keys are `Structure.Member`. */
export const memberOverrides: Readonly<Record<string, MemberOverride>> = {
  'SignUpRequest.Password': newPassword,
  'ConfirmForgotPasswordRequest.Password': newPassword,
  'ChangePasswordRequest.ProposedPassword': newPassword,
  'AdminSetUserPasswordRequest.Password': newPassword,
  // An imported password may have fewer than six characters, and the user must be able to change it.
  'ChangePasswordRequest.PreviousPassword': { max: 256, pattern: livePattern },
  'CreateUserPoolClientRequest.ClientName': clientName,
  'UpdateUserPoolClientRequest.ClientName': clientName,
  // Empty means "no password". The pool's policy checks the length, with InvalidPasswordException.
  'AdminCreateUserRequest.TemporaryPassword': { max: 256, pattern: livePattern, emptyAllowed: true },
}

/** Shapes whose constraints differ from the model. */
export const shapeOverrides: Readonly<Record<string, Pick<Shape, 'pattern'>>> = {
  // The model describes the label of a prefix domain. The service accepts custom domains, which have dots, in the same member.
  DomainType: { pattern: '^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?)*$' },
}

/** Members that are optional in the model although only they identify the caller. */
export const requiredMembers: Readonly<Record<string, readonly string[]>> = {
  GetDeviceRequest: ['AccessToken'],
  ForgetDeviceRequest: ['AccessToken'],
}

/**
 * Patterns that are not in validators.json. They mean the same in Java and in JavaScript with the `u` flag, or are matched without a regex.
 */
export const checkedPatterns: ReadonlySet<string> = new Set([
  livePattern,
  '(tkn|sso)[0-9a-z]{25}',
  'sso[0-9a-z]{25}',
  '[\\w+=,.@-]+',
  ...Object.values(shapeOverrides).flatMap(({ pattern }) => pattern ?? []),
])
