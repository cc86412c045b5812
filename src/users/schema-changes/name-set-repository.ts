import type { Pool } from '../../pools/pool.ts'
import { nameKey } from '../../pools/pool.ts'
import type { NameSettings } from '../../pools/schema-changes/name-change.ts'
import type { Tx } from '../../storage/db.ts'
import { storedKind, storedKinds } from '../name-sets.ts'
import type { Alias } from '../user.ts'

type SetKey = { readonly poolId: string } & Pick<NameSettings, 'nameSet'>

/** A name in a set. `isReserved`: a former username, which finds nobody. */
export type StoredName = { readonly stored: string; readonly key: string; readonly sub: string; readonly isReserved: boolean }

/** The names in the set that have one of the keys. */
export async function findNames(tx: Tx, { poolId, nameSet }: SetKey, keys: readonly string[]): Promise<readonly StoredName[]> {
  if (keys.length === 0) return []
  const rows = await tx
    .selectFrom('user_alias')
    .select(['kind', 'value_key', 'sub', 'free_at'])
    .where('pool_id', '=', poolId)
    .where('kind', 'in', storedKinds({ nameSet }))
    .where('value_key', 'in', keys)
    .execute()
  return rows.map(({ kind, value_key, sub, free_at }) => ({ stored: kind, key: value_key, sub, isReserved: free_at !== null }))
}

/** Stores names of users, also where a former username is reserved. Returns how many of them were free. */
export async function putNames(tx: Tx, { poolId, nameSet }: SetKey, names: readonly (Alias & { readonly sub: string })[]): Promise<number> {
  if (names.length === 0) return 0
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user_alias')
    .values(names.map(({ kind, key, sub }) => ({ pool_id: poolId, kind: storedKind({ nameSet }, kind), value_key: key, sub })))
    .onConflict((conflict) =>
      conflict
        .columns(['pool_id', 'kind', 'value_key'])
        .doUpdateSet((eb) => ({ sub: eb.ref('excluded.sub'), free_at: null }))
        .where('user_alias.free_at', 'is not', null),
    )
    .executeTakeFirstOrThrow()
  return Number(numInsertedOrUpdatedRows)
}

/** Copies the names of merged users and the former usernames into the other set. Names that another user has there are left out. */
export async function copyWeakNames(tx: Tx, from: Pool, to: Pool, subs: readonly string[]): Promise<void> {
  const merged = storedKind(from, 'merged')
  // Only by the user: with the kind as well, SQLite would read all names of these kinds.
  const rows = await tx
    .selectFrom('user_alias')
    .select(['kind', 'value_key', 'sub', 'free_at'])
    .where('pool_id', '=', from.id)
    .where('sub', 'in', subs)
    .execute()
  const valid = new Set(storedKinds(from))
  const weak = rows.filter(({ kind, free_at }) => valid.has(kind) && (kind === merged || free_at !== null))
  for (const { kind, value_key, ...row } of weak) {
    const target = storedKind(to, kind === merged ? 'merged' : 'username')
    await tx
      .insertInto('user_alias')
      .values({ ...row, pool_id: to.id, kind: target, value_key: nameKey(to, value_key) })
      .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doNothing())
      .execute()
  }
}

/** Deletes up to `limit` names of the set. Returns how many were deleted. */
export async function deleteNames(tx: Tx, { poolId, nameSet }: SetKey, limit: number): Promise<number> {
  let deleted = 0
  for (const kind of storedKinds({ nameSet })) {
    const { numDeletedRows } = await tx
      .deleteFrom('user_alias')
      .where('pool_id', '=', poolId)
      .where('kind', '=', kind)
      .where('value_key', 'in', (eb) =>
        eb
          .selectFrom('user_alias')
          .select('value_key')
          .where('pool_id', '=', poolId)
          .where('kind', '=', kind)
          .orderBy('value_key')
          .limit(limit - deleted),
      )
      .executeTakeFirstOrThrow()
    deleted += Number(numDeletedRows)
    if (deleted >= limit) break
  }
  return deleted
}
