import type { Db, Tx } from './db.ts'
import { prepareQuery } from './prepared-query.ts'

/** Spent states are kept this long after they expired, because the clocks of two processes may differ. */
const keptAfterExpiryMs = 600_000

/**
 * Uses up a sealed state; false when that happened before, in any process. Whoever loses the race waits for the winner's
 * transaction, and wins after all if that is rolled back. `expiresAt`, in epoch milliseconds, is the state's own.
 */
export async function consumeState(db: Db | Tx, id: string, expiresAt: number): Promise<boolean> {
  const { numAffectedRows } = await insertUnlessSpent(db, { id, expiresAt })
  return numAffectedRows === 1n
}

const insertUnlessSpent = prepareQuery((db, { id, expiresAt }: { id: string; expiresAt: number }) =>
  db
    .insertInto('spent_state')
    .values({ id, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('id').doNothing()),
)

/** For a state that is no use any more anyway: whether that is because it was used. Only `consumeState` can decide a race. */
export async function isStateConsumed(db: Db | Tx, id: string): Promise<boolean> {
  return (await db.selectFrom('spent_state').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
}

/** Forgets up to `limit` states that cannot be presented any more; answers how many. */
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
