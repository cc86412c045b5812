import { ApiError } from '../contract/api-error.ts'
import type { Pool } from '../pools/pool.ts'
import type { Db, Tx } from '../storage/db.ts'
import { deleteExpiredSignUpsOf } from './expired-sign-ups/delete-expired-sign-ups.ts'
import { type Alias, type AliasKind, type Attributes, aliasesOf, type User } from './user.ts'
import { findOwner, findUserByName } from './user-repository.ts'

/**
 * The first of a new user's names that somebody else already has. Storing the user finds every clash of the same kind by itself;
 * this also finds a chosen name that is spelled like another user's name of another kind, or like another user's `sub`:
 * whoever asks for that other user by it would get this one.
 */
export async function findTakenName(
  db: Db | Tx,
  pool: Pool,
  user: Pick<User, 'sub' | 'username' | 'attributes'>,
): Promise<AliasKind | undefined> {
  return findTaken(db, pool, user.sub, aliasesOf(pool, user))
}

const isChosenName = (kind: AliasKind): boolean => kind === 'username' || kind === 'preferred_username'

async function findTaken(db: Db | Tx, pool: Pool, sub: string, aliases: readonly Alias[]): Promise<AliasKind | undefined> {
  for (const alias of aliases) {
    const owner = isChosenName(alias.kind) ? (await findUserByName(db, pool, alias.key))?.sub : await findOwner(db, pool.id, alias)
    if (owner !== undefined && owner !== sub) return alias.kind
  }
  return undefined
}

/** The refusal when an attribute would give the user a name that somebody else has. */
export function nameTaken(kind: AliasKind): ApiError {
  return new ApiError('AliasExistsException', `An account with the given ${kind} already exists.`)
}

/**
 * Throws AliasExistsException when `attributes` would give the user a name that they do not have yet and somebody else has. Whoever never
 * confirmed makes way. Never inside a transaction.
 */
export async function requireFreeNames(db: Db, pool: Pool, user: User, attributes: Attributes, now: number): Promise<void> {
  await deleteExpiredSignUpsOf(db, pool, { ...user, attributes }, now)
  const present = aliasesOf(pool, user)
  const isNew = (alias: Alias) => !present.some(({ kind, key }) => kind === alias.kind && key === alias.key)
  const taken = await findTaken(db, pool, user.sub, aliasesOf(pool, { ...user, attributes }).filter(isNew))
  if (taken !== undefined) throw nameTaken(taken)
}
