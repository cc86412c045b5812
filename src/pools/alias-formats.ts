import { invalidParameter } from '../contract/api-error.ts'
import { looksLikeEmailAddress, looksLikePhoneNumber } from './attribute-formats.ts'
import type { Pool } from './pool.ts'

/**
 * Refuses a chosen name that looks like an address by which the pool finds users: it could shadow the user who has that address.
 * @throws ApiError InvalidParameterException; the words for `Username` are Cognito's
 */
export function requireNoAliasFormat(
  { aliasAttributes }: Pick<Pool, 'aliasAttributes'>,
  kind: 'Username' | 'Preferred username',
  name: string,
): void {
  const refusal = (format: string, alias: string) =>
    invalidParameter(`${kind} cannot be of ${format} format, since user pool is configured for ${alias} alias.`)
  if (aliasAttributes.includes('email') && looksLikeEmailAddress(name)) throw refusal('email', 'email')
  if (aliasAttributes.includes('phone_number') && looksLikePhoneNumber(name)) throw refusal('phone number', 'phone_number')
}
