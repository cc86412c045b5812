import type { Db, Tx } from '../../storage/db.ts'

type GroupKey = { readonly poolId: string; readonly group: string }

/** Notes that the run has seen the memberships in the former pool. Returns the users whose membership no earlier run has seen. */
export async function noteMembers(tx: Tx, { poolId, group }: GroupKey, subs: readonly string[], run: string): Promise<readonly string[]> {
  if (subs.length === 0) return []
  const known = await tx
    .updateTable('former_member')
    .set({ seen_in: run })
    .where('pool_id', '=', poolId)
    .where('group_name', '=', group)
    .where('sub', 'in', subs)
    .returning('sub')
    .execute()
  const before = new Set(known.map(({ sub }) => sub))
  const added = subs.filter((sub) => !before.has(sub))
  if (added.length > 0) {
    await tx
      .insertInto('former_member')
      .values(added.map((sub) => ({ pool_id: poolId, group_name: group, sub, seen_in: run })))
      .execute()
  }
  return added
}

/** Up to `limit` users whose membership an earlier run has seen, and this run has not. Their rows are deleted. */
export async function takeLostMembers(tx: Tx, { poolId, group }: GroupKey, run: string, limit: number): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('former_member')
    .select('sub')
    .where('pool_id', '=', poolId)
    .where('group_name', '=', group)
    .where('seen_in', '!=', run)
    .orderBy('sub')
    .limit(limit)
    .execute()
  const subs = rows.map(({ sub }) => sub)
  if (subs.length === 0) return subs
  await tx.deleteFrom('former_member').where('pool_id', '=', poolId).where('group_name', '=', group).where('sub', 'in', subs).execute()
  return subs
}

/** How many memberships of the group no run before has seen: those of the users that are not among the known ones. */
export async function countUnknownMembers(db: Db, { poolId, group }: GroupKey, subs: readonly string[]): Promise<number> {
  if (subs.length === 0) return 0
  const rows = await db
    .selectFrom('former_member')
    .select('sub')
    .where('pool_id', '=', poolId)
    .where('group_name', '=', group)
    .where('sub', 'in', subs)
    .execute()
  return subs.length - rows.length
}
