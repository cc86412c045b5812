import { nameKey, type Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'

type UserKey = { readonly poolId: string; readonly sub: string }

/**
 * Gives the user the username. The name may be the user's own former one. False when it is another user's, or reserved for one. The caller
 * has locked the user.
 */
export async function takeUsername(tx: Tx, { poolId, sub }: UserKey, key: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user_alias')
    .values({ pool_id: poolId, kind: 'username', value_key: key, sub, free_at: null })
    .onConflict((conflict) =>
      conflict
        .columns(['pool_id', 'kind', 'value_key'])
        .doUpdateSet({ free_at: null })
        .where('user_alias.sub', '=', sub)
        .where('user_alias.free_at', 'is not', null),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** The name no longer finds the user, but stays reserved for the user until `freeAt`. */
export async function reserveUsername(tx: Tx, { poolId, sub }: UserKey, key: string, freeAt: number): Promise<void> {
  await tx
    .updateTable('user_alias')
    .set({ free_at: freeAt })
    .where('pool_id', '=', poolId)
    .where('kind', '=', 'username')
    .where('value_key', '=', key)
    .where('sub', '=', sub)
    .execute()
}

/** The name is free at once. */
export async function deleteUsername(tx: Tx, { poolId, sub }: UserKey, key: string): Promise<void> {
  await tx
    .deleteFrom('user_alias')
    .where('pool_id', '=', poolId)
    .where('kind', '=', 'username')
    .where('value_key', '=', key)
    .where('sub', '=', sub)
    .execute()
}

/** The usernames that are reserved for the user, in the form in which names are compared. */
export async function listFormerUsernames(db: Db | Tx, { poolId, sub }: UserKey): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('user_alias')
    .select('value_key')
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('free_at', 'is not', null)
    .orderBy('free_at')
    .execute()
  return rows.map(({ value_key }) => value_key)
}

/** Whether the name is reserved for the user. */
export async function isFormerUsername(db: Db | Tx, pool: Pool, user: UserKey, name: string): Promise<boolean> {
  return (await listFormerUsernames(db, user)).includes(nameKey(pool, name))
}

/** From now on the former usernames of `from` are reserved for `to`. */
export async function moveFormerUsernames(tx: Tx, from: UserKey, to: UserKey): Promise<void> {
  await tx
    .updateTable('user_alias')
    .set({ sub: to.sub })
    .where('pool_id', '=', from.poolId)
    .where('sub', '=', from.sub)
    .where('free_at', 'is not', null)
    .execute()
}

/** Reserves names for a user who is restored. Names that are another user's by now are left out. */
export async function restoreFormerUsernames(
  tx: Tx,
  { poolId, sub }: UserKey,
  names: readonly { readonly key: string; readonly freeAt: number }[],
): Promise<void> {
  for (const { key, freeAt } of names) {
    await tx
      .insertInto('user_alias')
      .values({ pool_id: poolId, kind: 'username', value_key: key, sub, free_at: freeAt })
      .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doNothing())
      .execute()
  }
}

/** Frees up to `limit` former usernames of all pools whose time has passed. Returns how many it found. */
export async function sweepFormerUsernames(tx: Tx, now: number, limit: number): Promise<number> {
  const rows = await tx
    .selectFrom('user_alias')
    .select(['pool_id', 'value_key', 'sub'])
    .where('free_at', 'is not', null)
    .where('free_at', '<=', now)
    .orderBy('free_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const row of rows) {
    // The user may have taken the name back meanwhile.
    await tx
      .deleteFrom('user_alias')
      .where('pool_id', '=', row.pool_id)
      .where('kind', '=', 'username')
      .where('value_key', '=', row.value_key)
      .where('sub', '=', row.sub)
      .where('free_at', '<=', now)
      .execute()
  }
  return rows.length
}
