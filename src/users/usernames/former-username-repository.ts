import { nameKey, type Pool } from '../../pools/pool.ts'
import { findSchemaRules } from '../../pools/schema-changes/schema-change-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { NameConflict, setsToWrite, storedKind, type WrittenSet } from '../name-sets.ts'
import { findOwner, findSetsToWrite } from '../user-name-repository.ts'

type UserKey = { readonly poolId: string; readonly sub: string }

const rowOf = ({ pool }: WrittenSet, sub: string, name: string, freeAt: number | null) => ({
  pool_id: pool.id,
  kind: storedKind(pool, 'username'),
  value_key: nameKey(pool, name),
  sub,
  free_at: freeAt,
})

/**
 * Gives the user the username. The name may be the user's own former one. False when it is another user's, or reserved for one. The caller
 * has locked the user.
 * @throws ApiError InvalidParameterException when the name conflicts with an unfinished schema change
 */
export async function takeUsername(tx: Tx, pool: Pool, { sub }: UserKey, name: string): Promise<boolean> {
  const rules = await findSchemaRules(tx, pool)
  for (const set of setsToWrite(pool, rules)) {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('user_alias')
      .values(rowOf(set, sub, name, null))
      .onConflict((conflict) =>
        conflict
          .columns(['pool_id', 'kind', 'value_key'])
          .doUpdateSet({ free_at: null })
          .where('user_alias.sub', '=', sub)
          .where('user_alias.free_at', 'is not', null),
      )
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 1n) continue
    if (set.role === 'valid') return false
    // By the other settings, the name can be the one that the user has already.
    const owner = await findOwner(tx, set.pool, { kind: 'username', key: nameKey(set.pool, name) })
    if (owner !== sub) throw new NameConflict(rules, set.role, 'Another user has the same username.')
  }
  return true
}

export type UsernameMove = { readonly from: string; readonly to: string }

/** The former name no longer finds the user, but stays reserved for the user until `freeAt`. */
export async function reserveUsername(tx: Tx, pool: Pool, { sub }: UserKey, { from, to }: UsernameMove, freeAt: number): Promise<void> {
  for (const set of await findSetsToWrite(tx, pool)) {
    const { pool_id, kind, value_key, free_at } = rowOf(set, sub, from, freeAt)
    if (value_key === nameKey(set.pool, to)) continue
    await tx
      .updateTable('user_alias')
      .set({ free_at })
      .where('pool_id', '=', pool_id)
      .where('kind', '=', kind)
      .where('value_key', '=', value_key)
      .where('sub', '=', sub)
      .execute()
  }
}

/** The former name is free at once. */
export async function deleteUsername(tx: Tx, pool: Pool, { sub }: UserKey, { from, to }: UsernameMove): Promise<void> {
  for (const set of await findSetsToWrite(tx, pool)) {
    const { pool_id, kind, value_key } = rowOf(set, sub, from, null)
    if (value_key === nameKey(set.pool, to)) continue
    await tx
      .deleteFrom('user_alias')
      .where('pool_id', '=', pool_id)
      .where('kind', '=', kind)
      .where('value_key', '=', value_key)
      .where('sub', '=', sub)
      .execute()
  }
}

/** The usernames that are reserved for the user, in the form in which names are compared. */
export async function listFormerUsernames(db: Db | Tx, pool: Pool, { sub }: UserKey): Promise<readonly string[]> {
  // Without the kind: with it, SQLite could read all usernames of the pool.
  const rows = await db
    .selectFrom('user_alias')
    .select(['kind', 'value_key'])
    .where('pool_id', '=', pool.id)
    .where('sub', '=', sub)
    .where('free_at', 'is not', null)
    .orderBy('free_at')
    .execute()
  return rows.filter(({ kind }) => kind === storedKind(pool, 'username')).map(({ value_key }) => value_key)
}

/** Whether the name is reserved for the user. */
export async function isFormerUsername(db: Db | Tx, pool: Pool, user: UserKey, name: string): Promise<boolean> {
  return (await listFormerUsernames(db, pool, user)).includes(nameKey(pool, name))
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

/** Reserves names for a user who is restored. Names that are another user's by now are left out. A name may be the key of one. */
export async function restoreFormerUsernames(
  tx: Tx,
  pool: Pool,
  { sub }: UserKey,
  names: readonly { readonly key: string; readonly freeAt: number }[],
): Promise<void> {
  const sets = await findSetsToWrite(tx, pool)
  const rows = sets.flatMap((set) => names.map(({ key, freeAt }) => rowOf(set, sub, key, freeAt)))
  for (const row of rows) {
    await tx
      .insertInto('user_alias')
      .values(row)
      .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doNothing())
      .execute()
  }
}

/** Frees up to `limit` former usernames of all pools whose time has passed. Returns how many it found. */
export async function sweepFormerUsernames(tx: Tx, now: number, limit: number): Promise<number> {
  const rows = await tx
    .selectFrom('user_alias')
    .select(['pool_id', 'kind', 'value_key', 'sub'])
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
      .where('kind', '=', row.kind)
      .where('value_key', '=', row.value_key)
      .where('sub', '=', row.sub)
      .where('free_at', '<=', now)
      .execute()
  }
  return rows.length
}
