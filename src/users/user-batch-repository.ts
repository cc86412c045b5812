import type { Pool } from '../pools/pool.ts'
import { findSchemaRules } from '../pools/schema-changes/schema-change-repository.ts'
import type { Tx } from '../storage/db.ts'
import { attributesToInsert } from './schema-changes/stored-attributes.ts'
import { searchEntriesOf } from './search-index.ts'
import type { User } from './user.ts'
import { insertNames } from './user-name-repository.ts'
import { toRow } from './user-row.ts'

/**
 * Stores several users who share no name and no `sub`, as `insertUser` stores one. False when another user has one of them: then the
 * transaction must be rolled back.
 */
export async function insertUsers(tx: Tx, pool: Pool, users: readonly User[]): Promise<boolean> {
  if (users.length === 0) return true
  const owner = ({ poolId, sub }: User) => ({ pool_id: poolId, sub })
  const entries = users.flatMap((user) => searchEntriesOf(user).map(({ name, key }) => ({ ...owner(user), name, value_key: key })))
  await tx
    .insertInto('user_attribute')
    .values(entries)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const rules = await findSchemaRules(tx, pool)
  if ((await insertNames(tx, pool, users, rules)) !== undefined) return false
  const attributes = attributesToInsert(rules, pool, users)
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user')
    .values(users.map((user, at) => toRow({ ...user, attributes: attributes[at] ?? user.attributes })))
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === BigInt(users.length)
}

/** The elements of `subs` that belonged to users who were deleted, and of whom rows are still to be removed. */
export async function findRemovedSubsAmong(tx: Tx, poolId: string, subs: readonly string[]): Promise<ReadonlySet<string>> {
  if (subs.length === 0) return new Set()
  const rows = await tx.selectFrom('deleted_user').select('sub').where('pool_id', '=', poolId).where('sub', 'in', subs).execute()
  return new Set(rows.map(({ sub }) => sub))
}
