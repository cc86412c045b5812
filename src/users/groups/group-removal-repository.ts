import type { Tx } from '../../storage/db.ts'
import { createDeferredRemoval } from '../../storage/deferred-removal.ts'
import type { Group } from './group.ts'

/** Asks the sweeper to remove the members of a group that was just deleted. */
export async function insertRemoval(tx: Tx, { poolId, memberKey }: Pick<Group, 'poolId' | 'memberKey'>, now: number): Promise<void> {
  await tx.insertInto('deleted_group').values({ pool_id: poolId, member_key: memberKey, due_at: now }).execute()
}

/** Whether the sweeper still has to remove members of a deleted group with this key. */
export async function hasPendingRemoval(tx: Tx, poolId: string, memberKey: string): Promise<boolean> {
  const row = await tx
    .selectFrom('deleted_group')
    .select('member_key')
    .where('pool_id', '=', poolId)
    .where('member_key', '=', memberKey)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Sweeps away the members of deleted groups. No one can add a member to a deleted group meanwhile: a transaction that adds a member has
 * locked the group's row.
 */
export const createMemberRemoval = () =>
  createDeferredRemoval({
    table: 'deleted_group',
    id: 'member_key',
    rowsToDelete: (_tx, poolId, memberKey) => [{ table: 'group_member', where: { pool_id: poolId, group_name: memberKey }, key: ['sub'] }],
  })
