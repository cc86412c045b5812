import type { Shape } from './read-model.ts'

/** Constraints that replace those of the member's shape. `emptyAllowed`: an empty string passes whatever the others say. */
export type MemberOverride = Pick<Shape, 'min' | 'max' | 'pattern'> & { readonly emptyAllowed?: true }

const livePattern = '^[\\S]+.*[\\S]+$'

/** What the live service was seen to demand of a new password: inner spaces pass, outer ones and fewer than six characters do not. */
const newPassword: MemberOverride = { min: 6, max: 256, pattern: livePattern }

/** Members whose constraints differ from the model, by `Structure.Member`. */
export const memberOverrides: Readonly<Record<string, MemberOverride>> = {
  'SignUpRequest.Password': newPassword,
  'ConfirmForgotPasswordRequest.Password': newPassword,
  'ChangePasswordRequest.ProposedPassword': newPassword,
  'AdminSetUserPasswordRequest.Password': newPassword,
  // A password that came from another system may be shorter than six characters, and its owner must be able to change it.
  'ChangePasswordRequest.PreviousPassword': { max: 256, pattern: livePattern },
  // Blank means "no password". Length is left to the pool's policy, which answers InvalidPasswordException.
  'AdminCreateUserRequest.TemporaryPassword': { max: 256, pattern: livePattern, emptyAllowed: true },
}

/** Shapes whose constraints differ from the model. */
export const shapeOverrides: Readonly<Record<string, Pick<Shape, 'pattern'>>> = {
  // The model describes the label of a prefix domain; the service takes custom domains, which have dots, in the same member.
  DomainType: { pattern: '^[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9\\-]{0,61}[a-z0-9])?)*$' },
}

/** Members that the model leaves optional although nothing else says who is calling. */
export const requiredMembers: Readonly<Record<string, readonly string[]>> = {
  GetDeviceRequest: ['AccessToken'],
  ForgetDeviceRequest: ['AccessToken'],
}

/** Patterns that are not in validators.json, checked by hand to mean the same to Java and to JavaScript's `u` flag, or matched without a regex. */
export const checkedPatterns: ReadonlySet<string> = new Set([
  livePattern,
  '(tkn|sso)[0-9a-z]{25}',
  'sso[0-9a-z]{25}',
  ...Object.values(shapeOverrides).flatMap(({ pattern }) => pattern ?? []),
])
