import type { Selectable } from 'kysely'
import { ApiError } from '../../contract/api-error.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { UserGroupTable } from '../../storage/user-tables.ts'
import type { Group } from './group.ts'

/** Stores it unless the pool has one of that name already; false then. */
export async function insertGroup(tx: Tx, group: Group): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user_group')
    .values({
      pool_id: group.poolId,
      name: group.name,
      description: group.description,
      role_arn: group.roleArn,
      precedence: group.precedence,
      created_at: group.createdAt,
      updated_at: group.updatedAt,
    })
    .onConflict((conflict) => conflict.columns(['pool_id', 'name']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Throws ResourceNotFoundException with Cognito's text. */
export async function getGroup(db: Db | Tx, poolId: string, name: string): Promise<Group> {
  const row = await db.selectFrom('user_group').selectAll().where('pool_id', '=', poolId).where('name', '=', name).executeTakeFirst()
  if (row === undefined) throw groupNotFound()
  return fromRow(row)
}

/** Keeps the group from being deleted until the transaction ends. Throws ResourceNotFoundException with Cognito's text. */
export async function requireLockedGroup(tx: Tx, poolId: string, name: string): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('user_group')
    .set({ name })
    .where('pool_id', '=', poolId)
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows !== 1n) throw groupNotFound()
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

/** Deletes the group, then who was in it: once its row is gone, nobody can join. Throws ResourceNotFoundException with Cognito's text. */
export async function deleteGroupRows(tx: Tx, poolId: string, name: string): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom('user_group')
    .where('pool_id', '=', poolId)
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  await tx.deleteFrom('group_member').where('pool_id', '=', poolId).where('group_name', '=', name).execute()
  if (numDeletedRows !== 1n) throw groupNotFound()
}

type Page = { readonly after: string | undefined; readonly limit: number }

/** In the order of their names, from the first one behind `after`. */
export async function listGroups(db: Db | Tx, poolId: string, { after, limit }: Page): Promise<readonly Group[]> {
  let query = db.selectFrom('user_group').selectAll().where('pool_id', '=', poolId).orderBy('name').limit(limit)
  if (after !== undefined) query = query.where('name', '>', after)
  return (await query.execute()).map(fromRow)
}

/** The groups of one user, in the order of their names, from the first one behind `after`. */
export async function listGroupsOfUser(db: Db | Tx, poolId: string, sub: string, { after, limit }: Page): Promise<readonly Group[]> {
  let query = db
    .selectFrom('group_member')
    .innerJoin('user_group', (join) =>
      join.onRef('user_group.pool_id', '=', 'group_member.pool_id').onRef('user_group.name', '=', 'group_member.group_name'),
    )
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
  }
}
