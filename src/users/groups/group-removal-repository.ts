import type { Tx } from '../../storage/db.ts'
import { createRowRemover } from '../../storage/row-remover.ts'
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

/** When to look again for rows that others held. */
const againAfterMs = 60_000

/** Sweeps away the members of deleted groups. Each call is one short batch of one group; it answers whether there is more to do now. */
export function createMemberRemoval(): (tx: Tx, now: number) => Promise<boolean> {
  const remover = createRowRemover()

  return async (tx, now) => {
    const group = await tx
      .selectFrom('deleted_group')
      .select(['pool_id', 'member_key'])
      .where('due_at', '<=', now)
      .orderBy('due_at')
      .orderBy('pool_id')
      .orderBy('member_key')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (group === undefined) return false
    const { pool_id, member_key } = group
    const where = { pool_id, group_name: member_key }
    const found = await remover.removeSome(tx, `${pool_id} ${member_key}`, [{ table: 'group_member', where, key: ['sub'] }])
    if (found === 'nothing') {
      // Whoever joined the group held it while they did, so that no member is added any more.
      await tx.deleteFrom('deleted_group').where('pool_id', '=', pool_id).where('member_key', '=', member_key).execute()
    } else if (found === 'rest') {
      const due = { due_at: now + againAfterMs }
      await tx.updateTable('deleted_group').set(due).where('pool_id', '=', pool_id).where('member_key', '=', member_key).execute()
    }
    return true
  }
}
