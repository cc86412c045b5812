import type { Tx } from '../../storage/db.ts'
import { createDeferredRemoval } from '../../storage/deferred-removal.ts'
import type { Group } from './group.ts'

type Deleted = Pick<Group, 'poolId' | 'memberKey'>

/** Leaves the members of a group that was just deleted to the sweeper. */
export async function insertRemoval(tx: Tx, { poolId, memberKey }: Deleted, now: number): Promise<void> {
  await tx.insertInto('deleted_group').values({ pool_id: poolId, member_key: memberKey, due_at: now }).execute()
}

/** Whether the members of a deleted group with this key are still being removed. */
export async function isBeingRemoved(tx: Tx, poolId: string, memberKey: string): Promise<boolean> {
  const row = await tx
    .selectFrom('deleted_group')
    .select('member_key')
    .where('pool_id', '=', poolId)
    .where('member_key', '=', memberKey)
    .executeTakeFirst()
  return row !== undefined
}

/** Sweeps away the members of deleted groups. Whoever joined a group held it while they did, so that no member is added any more. */
export const createMemberRemoval = () =>
  createDeferredRemoval({
    table: 'deleted_group',
    id: 'member_key',
    rowsToDelete: (poolId, memberKey) => [{ table: 'group_member', where: { pool_id: poolId, group_name: memberKey }, key: ['sub'] }],
  })
