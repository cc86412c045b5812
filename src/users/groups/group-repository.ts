import { randomUUID } from 'node:crypto'
import { type Selectable, sql } from 'kysely'
import { ApiError } from '../../contract/api-error.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { UserGroupTable } from '../../storage/user-tables.ts'
import type { Group } from './group.ts'
import { hasPendingRemoval, insertRemoval } from './group-removal-repository.ts'

/**
 * Stores a group. Undefined when the pool has a group of that name already.
 * @NOTE The caller has locked the pool.
 */
export async function insertGroup(tx: Tx, group: Omit<Group, 'memberKey'>): Promise<Group | undefined> {
  const row = await tx
    .insertInto('user_group')
    .values({
      pool_id: group.poolId,
      name: group.name,
      description: group.description,
      role_arn: group.roleArn,
      precedence: group.precedence,
      created_at: group.createdAt,
      updated_at: group.updatedAt,
      member_key: await chooseMemberKey(tx, group.poolId, group.name),
    })
    .onConflict((conflict) => conflict.columns(['pool_id', 'name']).doNothing())
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

/**
 * The member key to store for a new group. Null means that the group's name is the key. While the sweeper still has to remove members
 * of a deleted group of that name, the new group gets a key of its own, so that it does not inherit them.
 */
async function chooseMemberKey(tx: Tx, poolId: string, name: string): Promise<string | null> {
  return (await hasPendingRemoval(tx, poolId, name)) ? `${name} ${randomUUID()}` : null
}

export async function findGroup(db: Db | Tx, poolId: string, name: string): Promise<Group | undefined> {
  const row = await db.selectFrom('user_group').selectAll().where('pool_id', '=', poolId).where('name', '=', name).executeTakeFirst()
  return row && fromRow(row)
}

/** @throws ApiError ResourceNotFoundException, with Cognito's text, when there is no such group. */
export async function getGroup(db: Db | Tx, poolId: string, name: string): Promise<Group> {
  const group = await findGroup(db, poolId, name)
  if (group === undefined) throw groupNotFound()
  return group
}

/**
 * The group, locked: it cannot be deleted until the transaction ends.
 * @throws ApiError ResourceNotFoundException, with Cognito's text, when there is no such group.
 */
export async function getLockedGroup(tx: Tx, poolId: string, name: string): Promise<Group> {
  const row = await tx
    .updateTable('user_group')
    .set({ name })
    .where('pool_id', '=', poolId)
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw groupNotFound()
  return fromRow(row)
}

/** The group whose members have this key, locked as by `getLockedGroup`. */
export async function lockGroupOfMembers(tx: Tx, poolId: string, memberKey: string): Promise<Group | undefined> {
  const row = await tx
    .updateTable('user_group')
    .set((column) => ({ name: column.ref('name') }))
    .where('pool_id', '=', poolId)
    .where(sql<boolean>`cast(coalesce(user_group.member_key, user_group.name) as text) = ${memberKey}`)
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Those of the groups that exist, locked as by `getLockedGroup`. */
export async function lockGroups(tx: Tx, poolId: string, names: readonly string[]): Promise<readonly Group[]> {
  if (names.length === 0) return []
  const rows = await tx
    .updateTable('user_group')
    .set((column) => ({ name: column.ref('name') }))
    .where('pool_id', '=', poolId)
    .where('name', 'in', names)
    .returningAll()
    .execute()
  return rows.map(fromRow)
}

/** Those of `names` that are names of groups of the pool. */
export async function findGroupNames(db: Db | Tx, poolId: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  if (names.length === 0) return new Set()
  const rows = await db.selectFrom('user_group').select('name').where('pool_id', '=', poolId).where('name', 'in', names).execute()
  return new Set(rows.map(({ name }) => name))
}

type GroupChanges = Partial<Pick<Group, 'description' | 'roleArn' | 'precedence'>> & { readonly now: number }

/**
 * Changes the properties of a group that `changes` defines, and keeps the others.
 * @throws ApiError ResourceNotFoundException, with Cognito's text, when there is no such group.
 */
export async function changeGroup(db: Db | Tx, poolId: string, name: string, changes: GroupChanges): Promise<Group> {
  const { description, roleArn, precedence, now } = changes
  const row = await db
    .updateTable('user_group')
    .set({
      ...(description !== undefined && { description }),
      ...(roleArn !== undefined && { role_arn: roleArn }),
      ...(precedence !== undefined && { precedence }),
      updated_at: now,
    })
    .where('pool_id', '=', poolId)
    .where('name', '=', name)
    .returningAll()
    .executeTakeFirst()
  if (row === undefined) throw groupNotFound()
  return fromRow(row)
}

/**
 * Deletes the group. The group has no members from then on, and the sweeper removes the rows of its former members.
 * @NOTE The caller has locked the pool, as for insertGroup.
 * @throws ApiError ResourceNotFoundException, with Cognito's text, when there is no such group.
 */
export async function deleteGroupRow(tx: Tx, poolId: string, name: string, now: number): Promise<void> {
  const row = await tx.deleteFrom('user_group').where('pool_id', '=', poolId).where('name', '=', name).returningAll().executeTakeFirst()
  if (row === undefined) throw groupNotFound()
  await insertRemoval(tx, { poolId, memberKey: fromRow(row).memberKey }, now)
}

/** The condition that joins `user_group` to `group_member`. It repeats the expression of the index `user_group_member_key`. */
export const groupMatchesMember = () =>
  sql<boolean>`cast(coalesce(user_group.member_key, user_group.name) as text) = group_member.group_name`

type Page = { readonly after: string | undefined; readonly limit: number }

/** The pool's groups in the order of their names, from the first one after the name `after`. */
export async function listGroups(db: Db | Tx, poolId: string, { after, limit }: Page): Promise<readonly Group[]> {
  let query = db.selectFrom('user_group').selectAll().where('pool_id', '=', poolId).orderBy('name').limit(limit)
  if (after !== undefined) query = query.where('name', '>', after)
  return (await query.execute()).map(fromRow)
}

/** The user's groups in the order of their names, from the first one after the group whose `memberKey` is `after`. */
export async function listGroupsOfUser(db: Db | Tx, poolId: string, sub: string, { after, limit }: Page): Promise<readonly Group[]> {
  let query = db
    .selectFrom('group_member')
    .innerJoin('user_group', (join) => join.onRef('user_group.pool_id', '=', 'group_member.pool_id').on(groupMatchesMember))
    .selectAll('user_group')
    .where('group_member.pool_id', '=', poolId)
    .where('group_member.sub', '=', sub)
    .orderBy('group_member.group_name')
    .limit(limit)
  if (after !== undefined) query = query.where('group_member.group_name', '>', after)
  return (await query.execute()).map(fromRow)
}

/** The number of the pool's groups, or `limit` when there are more. */
export async function countGroupsUpTo(db: Db | Tx, poolId: string, limit: number): Promise<number> {
  const some = db.selectFrom('user_group').select('name').where('pool_id', '=', poolId).limit(limit).as('some')
  const { count } = await db
    .selectFrom(some)
    .select(({ fn }) => fn.count<number | bigint | string>('name').as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

const groupNotFound = () => new ApiError('ResourceNotFoundException', 'Group not found.')

function fromRow(row: Selectable<UserGroupTable>): Group {
  return {
    poolId: row.pool_id,
    name: row.name,
    description: row.description,
    roleArn: row.role_arn,
    precedence: row.precedence,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    memberKey: row.member_key ?? row.name,
  }
}
