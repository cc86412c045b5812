import { ApiError } from '../contract/api-error.ts'
import { isEmailAddress, isPhoneNumber } from '../pools/attribute-formats.ts'
import { requireNoAliasFormat } from '../pools/attribute-rules.ts'
import { type ContactAttribute, nameKey, type Pool } from '../pools/pool.ts'
import type { Attributes } from './user.ts'

type Typed = { readonly sub: string; readonly username: string; readonly attributes: Attributes }

/**
 * What a new user will be called, and the attributes with the address that the name is, if it is one. Where users are named by an
 * address the stored username is their `sub`. Throws InvalidParameterException when the name does not suit the pool.
 */
export function nameNewUser(pool: Pool, { sub, username, attributes }: Typed): { username: string; attributes: Attributes } {
  if (pool.usernameAttributes.length > 0) return { username: sub, attributes: fillAddress(pool, username, attributes) }
  requireNoAliasFormat(pool, 'Username', username)
  return { username: pool.caseSensitive === false ? username.toLowerCase() : username, attributes }
}

/** Which attribute the typed name is, in a pool whose users are named by address. */
function requireAddressKind(pool: Pool, username: string): ContactAttribute {
  const allowed = pool.usernameAttributes
  if (allowed.includes('email') && isEmailAddress(username)) return 'email'
  if (allowed.includes('phone_number') && isPhoneNumber(username)) return 'phone_number'
  const wanted = allowed.length > 1 ? 'either an email or a phone number' : allowed[0] === 'email' ? 'an email' : 'a phone number'
  throw new ApiError('InvalidParameterException', `Username should be ${wanted}.`)
}

/** Two different addresses are refused: the code would go to one of them and the name would be the other. */
function fillAddress(pool: Pool, username: string, attributes: Attributes): Attributes {
  const kind = requireAddressKind(pool, username)
  const given = attributes[kind]
  if (given && nameKey(pool, given) !== nameKey(pool, username)) {
    throw new ApiError(
      'InvalidParameterException',
      `User ${kind} should be empty or same as username, since username attribute is ${kind}.`,
    )
  }
  return { ...attributes, [kind]: username }
}
