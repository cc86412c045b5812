import type { Db, Tx } from '../storage/db.ts'

type Count = {
  readonly poolId: string
  readonly key: string
  readonly max: number
  readonly windowMs: number
  /** 1 counts the message. With 0, `takeSlot` has the same result, but the message is not counted. */
  readonly weight: 0 | 1
  readonly now: number
}

/**
 * Counts one message in the current window. When that window has `max` messages already, counts nothing and returns false. A window begins
 * with its first message. The limit in the WHERE clause is the lock: two processes cannot both count the last message. The row stays locked
 * until the transaction ends.
 */
export async function takeSlot(tx: Tx, { poolId, key, max, windowMs, weight, now }: Count): Promise<boolean> {
  const newWindow = { count: weight, window_ends_at: now + windowMs }
  const row = await tx
    .insertInto('message_count')
    .values({ pool_id: poolId, key, ...newWindow })
    .onConflict((conflict) =>
      conflict
        .columns(['pool_id', 'key'])
        .doUpdateSet((eb) => ({
          count: eb
            .case()
            .when('message_count.window_ends_at', '<=', now)
            .then(newWindow.count as number)
            .else(eb('message_count.count', '+', weight))
            .end(),
          window_ends_at: eb
            .case()
            .when('message_count.window_ends_at', '<=', now)
            .then(newWindow.window_ends_at)
            .else(eb.ref('message_count.window_ends_at'))
            .end(),
        }))
        .where((eb) => eb.or([eb('message_count.window_ends_at', '<=', now), eb('message_count.count', '<', max)])),
    )
    .returning('count')
    .executeTakeFirst()
  return row !== undefined
}

/** Undoes `takeSlot` in the same transaction. */
export async function releaseSlot(tx: Tx, { poolId, key, weight }: Pick<Count, 'poolId' | 'key' | 'weight'>): Promise<void> {
  await tx
    .updateTable('message_count')
    .set((eb) => ({ count: eb('count', '-', weight) }))
    .where('pool_id', '=', poolId)
    .where('key', '=', key)
    .execute()
}

/** Deletes up to `limit` counts whose window ended before `now`. Resolves with their number. */
export async function sweepMessageCounts(db: Db | Tx, now: number, limit: number): Promise<number> {
  const ended = await db
    .selectFrom('message_count')
    .select(['pool_id', 'key'])
    .where('window_ends_at', '<=', now)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const { pool_id, key } of ended) {
    await db.deleteFrom('message_count').where('pool_id', '=', pool_id).where('key', '=', key).where('window_ends_at', '<=', now).execute()
  }
  return ended.length
}
