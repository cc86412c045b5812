import { ApiError } from '../../contract/api-error.ts'
import type { PasswordPolicy, Pool } from '../../pools/pool.ts'

/** The characters that Cognito counts as symbols, and a space that is neither first nor last. */
const symbol = /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]|(?<=\S) +(?=\S)/

/** How the errors begin (Cognito's texts): `set` at sign-up, creation and reset, `change` when the user changes the password. */
const prefixes = {
  set: 'Password did not conform with policy: ',
  change: 'Password does not conform to policy: ',
} as const

/** @throws ApiError InvalidPasswordException with the first rule that is broken, length first */
export function requireStrongPassword(pool: Pool, password: string, text: keyof typeof prefixes): void {
  const weakness = findWeakness(pool.passwordPolicy, password)
  if (weakness !== undefined) throw new ApiError('InvalidPasswordException', prefixes[text] + weakness)
}

function findWeakness(policy: PasswordPolicy, password: string): string | undefined {
  if (password.length < policy.minimumLength) return 'Password not long enough'
  if (policy.requireUppercase && !/[A-Z]/.test(password)) return 'Password must have uppercase characters'
  if (policy.requireLowercase && !/[a-z]/.test(password)) return 'Password must have lowercase characters'
  if (policy.requireNumbers && !/[0-9]/.test(password)) return 'Password must have numeric characters'
  if (policy.requireSymbols && !symbol.test(password)) return 'Password must have symbol characters'
  return undefined
}
