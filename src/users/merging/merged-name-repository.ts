import type { Db, Tx } from '../../storage/db.ts'

type User = { readonly poolId: string; readonly sub: string }

/** From now on the names find this user. They are the username and the `sub` of a user who was merged into this one. */
export async function insertMergedNames(tx: Tx, { poolId, sub }: User, keys: readonly string[]): Promise<void> {
  const rows = [...new Set(keys)].map((value_key) => ({ pool_id: poolId, kind: 'merged' as const, value_key, sub }))
  await tx
    .insertInto('user_alias')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doUpdateSet({ sub }))
    .execute()
}

/** The names that find these users because other users were merged into them. */
export async function listMergedNamesOfUsers(
  db: Db | Tx,
  poolId: string,
  subs: readonly string[],
): Promise<readonly { readonly sub: string; readonly key: string }[]> {
  if (subs.length === 0) return []
  return db
    .selectFrom('user_alias')
    .select(['sub', 'value_key as key'])
    .where('pool_id', '=', poolId)
    .where('kind', '=', 'merged')
    .where('sub', 'in', subs)
    .orderBy('value_key')
    .execute()
}

/** As `insertMergedNames`, for one name. False when the name finds another user. */
export async function insertFreeMergedName(tx: Tx, { poolId, sub }: User, key: string): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user_alias')
    .values({ pool_id: poolId, kind: 'merged', value_key: key, sub })
    .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Stores names of merged users, for users who have just been created. Names that another user has are left out. Returns how many. */
export async function insertFreeMergedNames(tx: Tx, poolId: string, names: readonly { sub: string; key: string }[]): Promise<number> {
  if (names.length === 0) return 0
  const { numInsertedOrUpdatedRows = 0n } = await tx
    .insertInto('user_alias')
    .values(names.map(({ sub, key }) => ({ pool_id: poolId, kind: 'merged' as const, value_key: key, sub })))
    .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doNothing())
    .executeTakeFirstOrThrow()
  return names.length - Number(numInsertedOrUpdatedRows)
}

/** The names of those who were merged into `from` find `to` from now on. */
export async function moveMergedNames(tx: Tx, from: User, to: User): Promise<void> {
  await tx
    .updateTable('user_alias')
    .set({ sub: to.sub })
    .where('pool_id', '=', from.poolId)
    .where('kind', '=', 'merged')
    .where('sub', '=', from.sub)
    .execute()
}

/** Frees one of the names, so that another user can have it. Does nothing when the user does not have it. */
export async function deleteMergedName(db: Db | Tx, { poolId, sub }: User, key: string): Promise<void> {
  await db
    .deleteFrom('user_alias')
    .where('pool_id', '=', poolId)
    .where('kind', '=', 'merged')
    .where('value_key', '=', key)
    .where('sub', '=', sub)
    .execute()
}
