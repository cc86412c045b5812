import type { Clock } from '../base/clock.ts'
import { ApiError } from '../contract/api-error.ts'
import { isEmailAddress, isPhoneNumber } from '../pools/attribute-formats.ts'
import { requireNoAliasFormat } from '../pools/attribute-rules.ts'
import { hasFormerUsernames } from '../pools/extensions/pool-extensions.ts'
import { type ContactAttribute, hasMixedNames, nameKey, type Pool } from '../pools/pool.ts'
import type { Db, Tx } from '../storage/db.ts'
import { deleteExpiredSignUpsOf } from './expired-sign-ups/expired-sign-ups.ts'
import { type Alias, type AliasKind, type AliasOwner, type Attributes, aliasesOf, isContactAttribute, type User } from './user.ts'
import { findOwner } from './user-name-repository.ts'
import { findUserByName } from './user-repository.ts'

/** What the caller says of a new user, and the `sub` that the server chose. */
export type NewUserInput = { readonly sub: string; readonly username: string; readonly attributes: Attributes }

/**
 * The new user's username as it is stored, and the attributes. In a pool with username attributes the given username is an address: it
 * becomes an attribute, and the `sub` becomes the username.
 *
 * @throws ApiError InvalidParameterException when the pool does not allow the username
 */
export function nameNewUser(pool: Pool, { sub, username, attributes }: NewUserInput): { username: string; attributes: Attributes } {
  if (pool.usernameAttributes.length > 0) return { username: sub, attributes: withAddress(pool, username, attributes) }
  requireNoAliasFormat(pool, 'Username', username)
  return { username: pool.caseSensitive === false ? username.toLowerCase() : username, attributes }
}

/**
 * The attributes with the address that is the username. If the attribute was given with another address, the request is refused: the code
 * would go to that other address.
 */
function withAddress(pool: Pool, username: string, attributes: Attributes): Attributes {
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

/** Which of the pool's username attributes the username is. */
function requireAddressKind(pool: Pool, username: string): ContactAttribute {
  const allowed = pool.usernameAttributes
  if (allowed.includes('email') && isEmailAddress(username)) return 'email'
  if (allowed.includes('phone_number') && isPhoneNumber(username)) return 'phone_number'
  const wanted = allowed.length > 1 ? 'either an email or a phone number' : allowed[0] === 'email' ? 'an email' : 'a phone number'
  throw new ApiError('InvalidParameterException', `Username should be ${wanted}.`)
}

/**
 * Looks for names of a new user that another user has already, and returns the kind of the first one. `insertUser` by itself finds only
 * clashes between names of the same kind. This function also finds a new username or preferred username that is spelled like another user's
 * `sub` or name of another kind: a search for that other user would find the new user.
 */
export async function findTakenName(db: Db | Tx, pool: Pool, user: AliasOwner): Promise<AliasKind | undefined> {
  return findTakenAlias(db, pool, user.sub, aliasesOf(pool, user))
}

/**
 * Checks that the user's new names are free. First deletes expired sign-ups that have one of the names, each in a transaction of its own.
 * So never call it inside a transaction.
 *
 * @throws ApiError AliasExistsException when `attributes` would give the user a new name that belongs to another user
 */
export async function requireFreeNames(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  pool: Pool,
  user: User,
  attributes: Attributes,
): Promise<void> {
  const changed = { ...user, attributes }
  await deleteExpiredSignUpsOf(db, pool, changed, clock.now())
  const present = aliasesOf(pool, user)
  const isNew = (alias: Alias) => !present.some(({ kind, key }) => kind === alias.kind && key === alias.key)
  const taken = await findTakenAlias(db, pool, user.sub, aliasesOf(pool, changed).filter(isNew))
  if (taken !== undefined) throw nameTaken(taken)
}

async function findTakenAlias(db: Db | Tx, pool: Pool, sub: string, aliases: readonly Alias[]): Promise<AliasKind | undefined> {
  let taken: AliasKind | undefined
  // All names are looked up: otherwise the time that this takes would tell which of them is taken.
  for (const alias of aliases) {
    // Where names are mixed, the address can be another user's username.
    const isAnyKind = isChosenName(alias.kind) || (isContactAttribute(alias.kind) && hasMixedNames(pool))
    const owner = isAnyKind ? await findHolder(db, pool, alias.key) : await findOwner(db, pool, alias)
    if (owner !== undefined && owner !== sub) taken ??= alias.kind
  }
  return taken
}

/** The `sub` of the user who has the name, or for whom it is reserved as a former username. */
async function findHolder(db: Db | Tx, pool: Pool, key: string): Promise<string | undefined> {
  const user = await findUserByName(db, pool, key)
  if (user !== undefined) return user.sub
  return hasFormerUsernames(pool) ? findOwner(db, pool, { kind: 'username', key }) : undefined
}

const isChosenName = (kind: AliasKind): boolean => kind === 'username' || kind === 'preferred_username'

/** The refusal of an attribute that would give the user a name of another user. */
export function nameTaken(kind: AliasKind): ApiError {
  return new ApiError('AliasExistsException', `An account with the given ${kind} already exists.`)
}
