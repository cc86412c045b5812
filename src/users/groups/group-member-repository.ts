import { chunksOf } from '../../base/chunks.ts'
import { selectSchemaRulesOf } from '../../pools/schema-changes/schema-change-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { prepareLookup } from '../../storage/prepared-query.ts'
import type { User } from '../user.ts'
import { fromRow } from '../user-row.ts'
import type { Group, Membership } from './group.ts'
import { groupMatchesMember } from './group-repository.ts'

type Member = { readonly poolId: string; readonly sub: string; readonly memberKey: string }

/**
 * Adds the user to the group. Does nothing when the user is in the group already.
 * @NOTE The caller has locked the user and the group.
 */
export async function insertMember(tx: Tx, { poolId, sub, memberKey }: Member): Promise<void> {
  await tx
    .insertInto('group_member')
    .values({ pool_id: poolId, sub, group_name: memberKey })
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub', 'group_name']).doNothing())
    .execute()
}

/**
 * Adds users who have just been created to groups.
 * @NOTE The caller has locked the groups.
 */
export async function insertMembers(tx: Tx, members: readonly Member[]): Promise<void> {
  for (const some of chunksOf(members, rowsPerInsert)) {
    const rows = some.map(({ poolId, sub, memberKey }) => ({ pool_id: poolId, sub, group_name: memberKey }))
    await tx.insertInto('group_member').values(rows).execute()
  }
}

/** A statement has a limited number of parameters. */
const rowsPerInsert = 1_000

/** Does nothing when the user is not in the group. */
export async function deleteMember(db: Db | Tx, { poolId, sub, memberKey }: Member): Promise<void> {
  await db.deleteFrom('group_member').where('pool_id', '=', poolId).where('sub', '=', sub).where('group_name', '=', memberKey).execute()
}

/** What the user's tokens say about the user's groups, in no particular order. */
export async function listMemberships(db: Db | Tx, poolId: string, sub: string): Promise<readonly Membership[]> {
  const { rows } = await selectMemberships(db, { poolId, sub })
  return rows
}

const selectMemberships = prepareLookup((db, { poolId, sub }: { poolId: string; sub: string }) =>
  db
    .selectFrom('group_member')
    .innerJoin('user_group', (join) => join.onRef('user_group.pool_id', '=', 'group_member.pool_id').on(groupMatchesMember))
    .select(['user_group.name', 'user_group.role_arn as roleArn', 'user_group.precedence'])
    .where('group_member.pool_id', '=', poolId)
    .where('group_member.sub', '=', sub),
)

/** Which groups several users are in, in the order of the groups' names. A quota limits the groups of a user. */
export async function listGroupNamesOfUsers(
  db: Db | Tx,
  poolId: string,
  subs: readonly string[],
): Promise<readonly { readonly sub: string; readonly name: string }[]> {
  if (subs.length === 0) return []
  return db
    .selectFrom('group_member')
    .innerJoin('user_group', (join) => join.onRef('user_group.pool_id', '=', 'group_member.pool_id').on(groupMatchesMember))
    .select(['group_member.sub', 'user_group.name'])
    .where('group_member.pool_id', '=', poolId)
    .where('group_member.sub', 'in', subs)
    .orderBy('user_group.name')
    .execute()
}

/** The users in the group in the order of their `sub`, from the first one whose `sub` comes after `after`. */
export async function listMembers(
  db: Db | Tx,
  { poolId, memberKey }: Pick<Group, 'poolId' | 'memberKey'>,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<readonly User[]> {
  let members = db
    .selectFrom('group_member')
    .select(['pool_id', 'sub'])
    .where('pool_id', '=', poolId)
    .where('group_name', '=', memberKey)
    .orderBy('sub')
    .limit(limit)
  if (after !== undefined) members = members.where('sub', '>', after)
  // The limit applies before the join. Otherwise PostgreSQL would read all users who come before the page, to join in the order of `sub`.
  const rows = await db
    .selectFrom(members.as('member'))
    .innerJoin('user', (join) => join.onRef('user.pool_id', '=', 'member.pool_id').onRef('user.sub', '=', 'member.sub'))
    .selectAll('user')
    .select(selectSchemaRulesOf(poolId))
    .orderBy('member.sub')
    .execute()
  return rows.map(fromRow)
}
