import type { Db, Tx } from '../storage/db.ts'
import { prepareLookup } from '../storage/prepared-query.ts'

export type AttemptKey = {
  readonly poolId: string
  /** The `sub` of a user or of a decoy, or what else attempts are counted for. */
  readonly subject: string
  readonly action: string
}

export type Attempts = {
  readonly count: number
  /** When the lock ends, in epoch milliseconds; 0 without a lock. */
  readonly lockedUntil: number
  readonly updatedAt: number
}

/** The count of attempts and the lock that are stored for `key`. Undefined when no attempt was counted. */
export async function findAttempts(db: Db | Tx, key: AttemptKey): Promise<Attempts | undefined> {
  const { rows } = await selectAttempts(db, key)
  const [row] = rows
  return row && { count: row.count, lockedUntil: row.locked_until, updatedAt: row.updated_at }
}

const selectAttempts = prepareLookup((db, key: AttemptKey) =>
  db
    .selectFrom('attempt')
    .select(['count', 'locked_until', 'updated_at'])
    .where('pool_id', '=', key.poolId)
    .where('subject', '=', key.subject)
    .where('action', '=', key.action),
)

export type AttemptChange = { readonly before: Attempts; readonly after: Attempts }

/** Replaces `before` with `after`. False when another request has changed the count or the lock since `before` was read. */
export async function replaceAttempts(db: Db | Tx, key: AttemptKey, { before, after }: AttemptChange): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('attempt')
    .set({ count: after.count, locked_until: after.lockedUntil, updated_at: after.updatedAt })
    .where('pool_id', '=', key.poolId)
    .where('subject', '=', key.subject)
    .where('action', '=', key.action)
    .where('count', '=', before.count)
    .where('locked_until', '=', before.lockedUntil)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Undoes `replaceAttempts`. When other requests have changed the count or the lock since, it only subtracts one from the count. */
export async function undoAttempt(db: Db | Tx, key: AttemptKey, { before, after }: AttemptChange): Promise<void> {
  if (await replaceAttempts(db, key, { before: after, after: before })) return
  await uncountAttempt(db, key)
}

/** Subtracts one from the count. */
export async function uncountAttempt(db: Db | Tx, key: AttemptKey): Promise<void> {
  await db
    .updateTable('attempt')
    .set((eb) => ({ count: eb('count', '-', 1) }))
    .where('pool_id', '=', key.poolId)
    .where('subject', '=', key.subject)
    .where('action', '=', key.action)
    .where('count', '>', 0)
    .execute()
}

/**
 * Adds one to the count and returns the new count, atomically. The count begins anew after `forgetAfterMs`. `since` says from when that
 * time runs: from the first attempt of the count or from the latest.
 */
export async function countAttempt(
  db: Db | Tx,
  key: AttemptKey,
  { now, forgetAfterMs, since }: { now: number; forgetAfterMs: number; since: 'first' | 'latest' },
): Promise<number> {
  const reference = since === 'first' ? 'attempt.window_started_at' : 'attempt.updated_at'
  const stale = now - forgetAfterMs
  const row = await db
    .insertInto('attempt')
    .values({
      pool_id: key.poolId,
      subject: key.subject,
      action: key.action,
      count: 1,
      window_started_at: now,
      locked_until: 0,
      updated_at: now,
    })
    .onConflict((conflict) =>
      conflict.columns(['pool_id', 'subject', 'action']).doUpdateSet((eb) => ({
        count: eb
          .case()
          .when(reference, '<=', stale)
          .then(1)
          .else(eb('attempt.count', '+', 1))
          .end(),
        window_started_at: eb.case().when(reference, '<=', stale).then(now).else(eb.ref('attempt.window_started_at')).end(),
        updated_at: now,
      })),
    )
    .returning('count')
    .executeTakeFirstOrThrow()
  return row.count
}

export async function setLock(db: Db | Tx, key: AttemptKey, lockedUntil: number): Promise<void> {
  await db
    .updateTable('attempt')
    .set({ locked_until: lockedUntil })
    .where('pool_id', '=', key.poolId)
    .where('subject', '=', key.subject)
    .where('action', '=', key.action)
    .where('locked_until', '<', lockedUntil)
    .execute()
}

export async function deleteAttempts(db: Db | Tx, key: AttemptKey): Promise<void> {
  await db
    .deleteFrom('attempt')
    .where('pool_id', '=', key.poolId)
    .where('subject', '=', key.subject)
    .where('action', '=', key.action)
    .execute()
}

/**
 * Deletes up to `limit` counts that have not changed since the time `before`. Returns how many such counts it found. When it found `limit`
 * of them, more may be left.
 */
export async function sweepAttempts(db: Db | Tx, before: number, limit: number): Promise<number> {
  const stale = await db
    .selectFrom('attempt')
    .select(['pool_id', 'subject', 'action', 'updated_at'])
    .where('updated_at', '<', before)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const row of stale) {
    await db
      .deleteFrom('attempt')
      .where('pool_id', '=', row.pool_id)
      .where('subject', '=', row.subject)
      .where('action', '=', row.action)
      .where('updated_at', '=', row.updated_at)
      .execute()
  }
  return stale.length
}
