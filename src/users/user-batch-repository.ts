import type { Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { attributesToInsert } from './schema-changes/stored-attributes.ts'
import { searchEntriesOf } from './search-index.ts'
import { type Alias, type AliasKind, aliasesOf, type User } from './user.ts'
import { toRow } from './user-row.ts'

const aliasKinds: readonly AliasKind[] = ['username', 'email', 'phone_number', 'preferred_username', 'merged']

/** The usernames and aliases in the pool whose stored form (`value_key`) is one of `keys`. Linked identities are left out. */
export async function findNamesAmong(tx: Tx, poolId: string, keys: readonly string[]): Promise<readonly Alias[]> {
  if (keys.length === 0) return []
  return tx
    .selectFrom('user_alias')
    .select(['kind', 'value_key as key'])
    .where('pool_id', '=', poolId)
    .where('kind', 'in', aliasKinds)
    .where('value_key', 'in', keys)
    .execute() as Promise<Alias[]>
}

/** Those of the keys that are names of this kind of users of the pool. */
export async function findAliasesAmong(tx: Tx, poolId: string, kind: AliasKind, keys: readonly string[]): Promise<readonly Alias[]> {
  if (keys.length === 0) return []
  return tx
    .selectFrom('user_alias')
    .select(['kind', 'value_key as key'])
    .where('pool_id', '=', poolId)
    .where('kind', '=', kind)
    .where('value_key', 'in', keys)
    .execute()
}

/** The elements of `subs` that are users of the pool. */
export async function findSubsAmong(tx: Tx, poolId: string, subs: readonly string[]): Promise<readonly string[]> {
  if (subs.length === 0) return []
  const rows = await tx.selectFrom('user').select('sub').where('pool_id', '=', poolId).where('sub', 'in', subs).execute()
  return rows.map(({ sub }) => sub)
}

/**
 * Stores several users who share no name and no `sub`, as `insertUser` stores one. False when another user has one of them: then the
 * transaction must be rolled back.
 */
export async function insertUsers(tx: Tx, pool: Pool, users: readonly User[]): Promise<boolean> {
  if (users.length === 0) return true
  const owner = ({ poolId, sub }: User) => ({ pool_id: poolId, sub })
  const aliases = users.flatMap((user) => aliasesOf(pool, user).map(({ kind, key }) => ({ ...owner(user), kind, value_key: key })))
  if (!(await insertAliases(tx, aliases))) return false
  const entries = users.flatMap((user) => searchEntriesOf(user).map(({ name, key }) => ({ ...owner(user), name, value_key: key })))
  await tx
    .insertInto('user_attribute')
    .values(entries)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  const attributes = await attributesToInsert(tx, pool, users)
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user')
    .values(users.map((user, at) => toRow({ ...user, attributes: attributes[at] ?? user.attributes })))
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === BigInt(users.length)
}

type AliasRow = { readonly pool_id: string; readonly sub: string; readonly kind: AliasKind; readonly value_key: string }

/** False when another user has one of the names. */
async function insertAliases(tx: Tx, aliases: readonly AliasRow[]): Promise<boolean> {
  // A user who is named by the `sub` may have no other name.
  if (aliases.length === 0) return true
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user_alias')
    .values(aliases)
    .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === BigInt(aliases.length)
}

/** The elements of `subs` that belonged to users who were deleted, and of whom rows are still to be removed. */
export async function findRemovedSubsAmong(tx: Tx, poolId: string, subs: readonly string[]): Promise<ReadonlySet<string>> {
  if (subs.length === 0) return new Set()
  const rows = await tx.selectFrom('deleted_user').select('sub').where('pool_id', '=', poolId).where('sub', 'in', subs).execute()
  return new Set(rows.map(({ sub }) => sub))
}
