import type { Db, Tx } from '../storage/db.ts'

type Count = {
  readonly poolId: string
  readonly key: string
  readonly most: number
  readonly windowMs: number
  /** 0 counts nothing, and answers the same. */
  readonly weight: 0 | 1
  readonly now: number
}

/**
 * Counts one more in the window that began with the first of it, unless that makes more than `most`. The limit in the WHERE clause is the
 * lock: of any number of processes no two take the last place. The row stays locked until the transaction ends.
 */
export async function takeSlot(tx: Tx, { poolId, key, most, windowMs, weight, now }: Count): Promise<boolean> {
  const fresh = { count: weight, window_ends_at: now + windowMs }
  const row = await tx
    .insertInto('message_count')
    .values({ pool_id: poolId, key, ...fresh })
    .onConflict((conflict) =>
      conflict
        .columns(['pool_id', 'key'])
        .doUpdateSet((eb) => ({
          count: eb
            .case()
            .when('message_count.window_ends_at', '<=', now)
            .then(fresh.count as number)
            .else(eb('message_count.count', '+', weight))
            .end(),
          window_ends_at: eb
            .case()
            .when('message_count.window_ends_at', '<=', now)
            .then(fresh.window_ends_at)
            .else(eb.ref('message_count.window_ends_at'))
            .end(),
        }))
        .where((eb) => eb.or([eb('message_count.window_ends_at', '<=', now), eb('message_count.count', '<', most)])),
    )
    .returning('count')
    .executeTakeFirst()
  return row !== undefined
}

/** Takes back what the same transaction counted. */
export async function releaseSlot(tx: Tx, { poolId, key, weight }: Pick<Count, 'poolId' | 'key' | 'weight'>): Promise<void> {
  await tx
    .updateTable('message_count')
    .set((eb) => ({ count: eb('count', '-', weight) }))
    .where('pool_id', '=', poolId)
    .where('key', '=', key)
    .execute()
}

/** Removes up to `limit` counts whose window ended before `now`; answers how many were found. */
export async function sweepMessageCounts(db: Db | Tx, now: number, limit: number): Promise<number> {
  const stale = await db
    .selectFrom('message_count')
    .select(['pool_id', 'key'])
    .where('window_ends_at', '<=', now)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const { pool_id, key } of stale) {
    await db.deleteFrom('message_count').where('pool_id', '=', pool_id).where('key', '=', key).where('window_ends_at', '<=', now).execute()
  }
  return stale.length
}
