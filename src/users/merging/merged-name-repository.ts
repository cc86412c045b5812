import { nameKey, type Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { storedKind, type WrittenSet } from '../name-sets.ts'
import { findSetsToWrite } from '../user-name-repository.ts'

type User = { readonly poolId: string; readonly sub: string }

const rowOf = ({ pool }: WrittenSet, sub: string, name: string) => ({
  pool_id: pool.id,
  kind: storedKind(pool, 'merged'),
  value_key: nameKey(pool, name),
  sub,
})

/** From now on the names find this user. They are the username and the `sub` of a user who was merged into this one. */
export async function insertMergedNames(tx: Tx, pool: Pool, { sub }: User, names: readonly string[]): Promise<void> {
  for (const set of await findSetsToWrite(tx, pool)) {
    const rows = [...new Map(names.map((name) => rowOf(set, sub, name)).map((row) => [row.value_key, row])).values()]
    await tx
      .insertInto('user_alias')
      .values(rows)
      .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doUpdateSet({ sub }))
      .execute()
  }
}

/** The names that find these users because other users were merged into them. */
export async function listMergedNamesOfUsers(
  db: Db | Tx,
  pool: Pool,
  subs: readonly string[],
): Promise<readonly { readonly sub: string; readonly key: string }[]> {
  if (subs.length === 0) return []
  return db
    .selectFrom('user_alias')
    .select(['sub', 'value_key as key'])
    .where('pool_id', '=', pool.id)
    .where('kind', '=', storedKind(pool, 'merged'))
    .where('sub', 'in', subs)
    .orderBy('value_key')
    .execute()
}

/**
 * Stores names of merged users, for users who have just been created. Names that another user has are left out. Returns how many. A name may
 * be the key of one.
 */
export async function insertFreeMergedNames(tx: Tx, pool: Pool, names: readonly { sub: string; name: string }[]): Promise<number> {
  if (names.length === 0) return 0
  let taken = 0
  for (const set of await findSetsToWrite(tx, pool)) {
    const { numInsertedOrUpdatedRows = 0n } = await tx
      .insertInto('user_alias')
      .values(names.map(({ sub, name }) => rowOf(set, sub, name)))
      .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doNothing())
      .executeTakeFirstOrThrow()
    if (set.role === 'valid') taken = names.length - Number(numInsertedOrUpdatedRows)
  }
  return taken
}

/** The names of those who were merged into `from` find `to` from now on. */
export async function moveMergedNames(tx: Tx, from: User, to: User): Promise<void> {
  await tx
    .updateTable('user_alias')
    .set({ sub: to.sub })
    .where('pool_id', '=', from.poolId)
    .where('kind', 'in', ['merged', '2:merged'])
    .where('sub', '=', from.sub)
    .execute()
}

/** Frees one of the names, so that another user can have it. Does nothing when the user does not have it. */
export async function deleteMergedName(tx: Tx, pool: Pool, { sub }: User, name: string): Promise<void> {
  for (const set of await findSetsToWrite(tx, pool)) {
    const { kind, value_key } = rowOf(set, sub, name)
    await tx
      .deleteFrom('user_alias')
      .where('pool_id', '=', pool.id)
      .where('kind', '=', kind)
      .where('value_key', '=', value_key)
      .where('sub', '=', sub)
      .execute()
  }
}
