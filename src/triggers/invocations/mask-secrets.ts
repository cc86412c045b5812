import { isObject } from '../../base/is-object.ts'

export const mask = '***'

/**
 * Names of members that hold what somebody could sign in with, wherever they stand and whoever made them up. The metadata of a challenge is
 * among them because functions note the code there that they have sent, to take it again after a wrong answer.
 */
const secretName =
  /^(.*password|.*passwd|.*passphrase|.*passcode|pass|.*[_-]pass|.*pwd|code|pin|.*otp|.*answer|challengeMetadata|.*token|.*secret)$/i
/** `userPass`, but not `bypass`. */
const passName = /[a-z0-9]Pass$/
/** A code by which somebody proves something; not that of a country or a currency. */
const codeName = /(otp|mfa|verification|confirmation|login|signin|access|auth|recovery|backup)[_-]?code$/i
/** Members whose values are all secret, by whatever name: only the function and whoever calls know what they hold. */
export const secretMaps = new Set(['privateChallengeParameters', 'validationData'])

/** The JSON value with its secrets masked. What it is masked by is text, so that a function that is asked again gets what it knows to read. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, maskMember(name, member)]))
}

function maskMember(name: string, value: unknown): unknown {
  if (secretMaps.has(name) && isObject(value)) return Object.fromEntries(Object.keys(value).map((key) => [key, mask]))
  if (isScalar(value) && isSecret(name)) return mask
  return maskSecrets(value)
}

/** Whether the value of a member of this name is masked. */
export const isSecret = (name: string): boolean => secretName.test(name) || passName.test(name) || codeName.test(name)

export const isScalar = (value: unknown): value is string | number | boolean | bigint =>
  value !== null && value !== undefined && typeof value !== 'object'
