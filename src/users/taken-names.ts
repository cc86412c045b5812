import { ApiError } from '../contract/api-error.ts'
import type { Pool } from '../pools/pool.ts'
import type { Db, Tx } from '../storage/db.ts'
import { type AliasKind, aliasesOf, isContactAttribute, type User } from './user.ts'
import { findOwner, findUserByName } from './user-repository.ts'

/**
 * The first of the user's names that somebody else already has. Storing the user finds every clash of the same kind by itself;
 * this also finds a chosen name that is spelled like another user's name of another kind, or like another user's `sub`:
 * whoever asks for that other user by it would get this one.
 */
export async function findTakenName(
  db: Db | Tx,
  pool: Pool,
  user: Pick<User, 'sub' | 'username' | 'attributes'>,
): Promise<AliasKind | undefined> {
  for (const alias of aliasesOf(pool, user)) {
    const owner = isContactAttribute(alias.kind) ? await findOwner(db, pool.id, alias) : (await findUserByName(db, pool, alias.key))?.sub
    if (owner !== undefined && owner !== user.sub) return alias.kind
  }
  return undefined
}

/** The refusal when an attribute would give the user a name that somebody else has. */
export function nameTaken(kind: AliasKind): ApiError {
  return new ApiError('AliasExistsException', `An account with the given ${kind} already exists.`)
}

/** Throws AliasExistsException when one of the names that `attributes` give the user is somebody else's. */
export async function requireFreeNames(db: Db | Tx, pool: Pool, user: User, attributes: User['attributes']): Promise<void> {
  const taken = await findTakenName(db, pool, { ...user, attributes })
  if (taken !== undefined) throw nameTaken(taken)
}
