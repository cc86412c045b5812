import type { Db, Tx } from './db.ts'
import { prepareQuery } from './prepared-query.ts'

/** Consumed states are kept this long after they expired: by the clock of another process, they may not have expired yet. */
const keptAfterExpiryMs = 600_000

/**
 * Consumes a sealed state; false when any process has consumed it before. If two callers try at once, one waits for the transaction of the
 * other, and succeeds only if that transaction is rolled back. `expiresAt` is when the state itself expires, in epoch milliseconds.
 */
export async function consumeState(db: Db | Tx, id: string, expiresAt: number): Promise<boolean> {
  const { numAffectedRows } = await insertUnlessConsumed(db, { id, expiresAt })
  return numAffectedRows === 1n
}

const insertUnlessConsumed = prepareQuery((db, { id, expiresAt }: { id: string; expiresAt: number }) =>
  db
    .insertInto('spent_state')
    .values({ id, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('id').doNothing()),
)

/**
 * Whether the state was consumed. Use this function only to say why a state no longer works. If two callers send a state at the same
 * time, only `consumeState` makes sure that one of them fails.
 */
export const isStateConsumed = (db: Db | Tx, id: string): Promise<boolean> => isAnyStateConsumed(db, [id])

/** Whether one of the states was consumed. */
export async function isAnyStateConsumed(db: Db | Tx, ids: readonly string[]): Promise<boolean> {
  return (await db.selectFrom('spent_state').select('id').where('id', 'in', ids).executeTakeFirst()) !== undefined
}

/** Deletes up to `limit` records of states that have expired. Returns how many. */
export async function sweepConsumedStates(db: Db | Tx, now: number, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('spent_state')
    .where('id', 'in', (over) =>
      over
        .selectFrom('spent_state')
        .select('id')
        .where('expires_at', '<', now - keptAfterExpiryMs)
        .orderBy('expires_at')
        .limit(limit),
    )
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}
