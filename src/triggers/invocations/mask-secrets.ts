import { isObject } from '../../base/is-object.ts'

export const mask = '***'

/**
 * Names of members that may hold credentials, at any depth, whether Cognito or a function named them. `challengeMetadata` is one of them:
 * functions keep the code there that they have sent, so that they can accept it after a wrong answer.
 */
const secretName =
  /^(.*password|.*passwd|.*passphrase|.*passcode|pass|.*[_-]pass|.*pwd|code|pin|.*otp|.*answer|challengeMetadata|.*token|.*secret|one_click_link_(in)?valid)$/i
/** Names of passwords that end with `Pass`: `userPass`, but not `bypass`. */
const passName = /[a-z0-9]Pass$/
/** Codes that prove something, but not the codes of countries or currencies. */
const codeName = /(otp|mfa|verification|confirmation|login|signin|access|auth|recovery|backup)[_-]?code$/i
/** Members in which every value is secret, whatever its name: only the function and the caller know what they hold. */
export const secretMaps = new Set(['privateChallengeParameters', 'validationData'])

/** A copy of the JSON value with its secrets masked. The mask is text, so that a replayed event has the types that the function expects. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, maskMember(name, member)]))
}

function maskMember(name: string, value: unknown): unknown {
  if (secretMaps.has(name) && isObject(value)) return Object.fromEntries(Object.keys(value).map((key) => [key, mask]))
  if (isScalar(value) && isSecretName(name)) return mask
  return maskSecrets(value)
}

export const isSecretName = (name: string): boolean => secretName.test(name) || passName.test(name) || codeName.test(name)

export const isScalar = (value: unknown): value is string | number | boolean | bigint =>
  value !== null && value !== undefined && typeof value !== 'object'
