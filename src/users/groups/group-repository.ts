import { randomUUID } from 'node:crypto'
import { type Selectable, sql } from 'kysely'
import { ApiError } from '../../contract/api-error.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { UserGroupTable } from '../../storage/user-tables.ts'
import type { Group } from './group.ts'
import { insertRemoval, isBeingRemoved } from './group-removal-repository.ts'

/** Stores it unless the pool has one of that name already; undefined then. The caller has locked the pool. */
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
      member_key: await otherMemberKey(tx, group.poolId, group.name),
    })
    .onConflict((conflict) => conflict.columns(['pool_id', 'name']).doNothing())
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Null when no members of a deleted group of that name are left. */
async function otherMemberKey(tx: Tx, poolId: string, name: string): Promise<string | null> {
  return (await isBeingRemoved(tx, poolId, name)) ? `${name} ${randomUUID()}` : null
}

/** Throws ResourceNotFoundException with Cognito's text. */
export async function getGroup(db: Db | Tx, poolId: string, name: string): Promise<Group> {
  const row = await db.selectFrom('user_group').selectAll().where('pool_id', '=', poolId).where('name', '=', name).executeTakeFirst()
  if (row === undefined) throw groupNotFound()
  return fromRow(row)
}

/** The group, kept from being deleted until the transaction ends. Throws ResourceNotFoundException with Cognito's text. */
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

type Changes = Partial<Pick<Group, 'description' | 'roleArn' | 'precedence'>>

/** Lays the changes over the group; members that are undefined change nothing. Throws ResourceNotFoundException with Cognito's text. */
export async function changeGroup(db: Db, poolId: string, name: string, changes: Changes, now: number): Promise<Group> {
  const { description, roleArn, precedence } = changes
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
 * Deletes the group: from then on its members are in no group of that name, and the sweeper removes their rows. The caller has locked the
 * pool, as the one who creates a group does. Throws ResourceNotFoundException with Cognito's text.
 */
export async function deleteGroupRow(tx: Tx, poolId: string, name: string, now: number): Promise<void> {
  const row = await tx.deleteFrom('user_group').where('pool_id', '=', poolId).where('name', '=', name).returningAll().executeTakeFirst()
  if (row === undefined) throw groupNotFound()
  await insertRemoval(tx, { poolId, memberKey: fromRow(row).memberKey }, now)
}

/** Joins `group_member` with `user_group`. The cast is that of the index: see the migration. */
export const groupMatchesMember = () =>
  sql<boolean>`cast(coalesce(user_group.member_key, user_group.name) as text) = group_member.group_name`

type Page = { readonly after: string | undefined; readonly limit: number }

/** In the order of their names, from the first one behind `after`. */
export async function listGroups(db: Db | Tx, poolId: string, { after, limit }: Page): Promise<readonly Group[]> {
  let query = db.selectFrom('user_group').selectAll().where('pool_id', '=', poolId).orderBy('name').limit(limit)
  if (after !== undefined) query = query.where('name', '>', after)
  return (await query.execute()).map(fromRow)
}

/** The groups of one user, in the order of their names, from the first one behind the group whose `memberKey` is `after`. */
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

/** How many groups the pool has, counted no further than `limit`. */
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
