import { nameKey } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { storedKind, storedKinds, type WrittenSet } from '../name-sets.ts'

// The weak names of users are those of users who were merged into them, and their former usernames. Names that users have come first.

/**
 * Copies the weak names of the users from the valid set into the one that a change builds. Names that another user has there are left out. A
 * former set has them already.
 * `sets`: those that are written, the valid one first.
 */
export async function copyWeakNames(tx: Tx, [valid, ...others]: readonly WrittenSet[], subs: readonly string[]): Promise<void> {
  const built = others.filter(({ role }) => role === 'next')
  if (valid === undefined || built.length === 0) return
  const from = valid.pool
  const merged = storedKind(from, 'merged')
  const kinds = new Set(storedKinds(from))
  // Only by the user: with the kind as well, SQLite would read all names of these kinds.
  const rows = await tx
    .selectFrom('user_alias')
    .select(['kind', 'value_key', 'sub', 'free_at'])
    .where('pool_id', '=', from.id)
    .where('sub', 'in', subs)
    .execute()
  const weak = rows.filter(({ kind, free_at }) => kinds.has(kind) && (kind === merged || free_at !== null))
  for (const { pool } of built) {
    for (const { kind, value_key, ...row } of weak) {
      const target = storedKind(pool, kind === merged ? 'merged' : 'username')
      await tx
        .insertInto('user_alias')
        .values({ ...row, pool_id: pool.id, kind: target, value_key: nameKey(pool, value_key) })
        .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doNothing())
        .execute()
    }
  }
}

/** Whether users of the pool have weak names. */
export async function hasWeakNames(db: Db | Tx, poolId: string): Promise<boolean> {
  const names = db.selectFrom('user_alias').select('value_key').where('pool_id', '=', poolId).limit(1)
  const merged = await names.where('kind', 'in', ['merged', '2:merged']).executeTakeFirst()
  const reserved = await names.where('kind', 'in', ['username', '2:username']).where('free_at', 'is not', null).executeTakeFirst()
  return merged !== undefined || reserved !== undefined
}
