import type { ExpressionBuilder } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import type { Schema } from '../../storage/schema.ts'
import type { Level } from './levels.ts'

/** What is counted: the values of the levels, all sign-ins, and the users who signed in. */
export type CounterLevel = Level | 'sign-ins' | 'users'

export type Counter = { readonly level: CounterLevel; readonly value: string; readonly count: number }

export async function findCounters(db: Db, poolId: string): Promise<readonly Counter[]> {
  const rows = await db.selectFrom('risk_counter').select(['level', 'value', 'count']).where('pool_id', '=', poolId).execute()
  return rows.map((row) => ({ ...row, level: row.level as CounterLevel }))
}

/** Adds the counts to those of the pool. Does nothing when the pool was deleted. */
export async function addCounters(tx: Tx, poolId: string, counters: readonly Counter[], now: number): Promise<void> {
  const pool = await tx.selectFrom('user_pool').select('id').where('id', '=', poolId).forKeyShare().executeTakeFirst()
  if (pool === undefined || counters.length === 0) return
  // All processes lock the rows in the same order, so they do not wait for each other in a circle.
  const rows = counters
    .map(({ level, value, count }) => ({ pool_id: poolId, level, value, count, decayed_at: now }))
    .sort((one, other) => compare(one.level, other.level) || compare(one.value, other.value))
  await tx
    .insertInto('risk_counter')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['pool_id', 'level', 'value'])
        .doUpdateSet((eb) => ({ count: eb('risk_counter.count', '+', eb.ref('excluded.count')) })),
    )
    .execute()
}

const compare = (one: string, other: string): number => Number(one > other) - Number(one < other)

/**
 * Takes a fiftieth, at least 1, from up to `limit` counts that have not decayed since the time `before`, and deletes those that reach 0. So
 * what was usual long ago is forgotten, and values that were seen once make room. Returns how many counts it found.
 */
export async function decayCounters(
  tx: Tx,
  { before, now }: { readonly before: number; readonly now: number },
  limit: number,
): Promise<number> {
  const due = await tx
    .selectFrom('risk_counter')
    .select(['pool_id', 'level', 'value', 'count'])
    .where('decayed_at', '<', before)
    .orderBy('decayed_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const { pool_id, level, value, count } of due) {
    const decrease = Math.max(1, Math.floor(count / 50))
    const isCounter = ({ and, eb }: ExpressionBuilder<Schema, 'risk_counter'>) =>
      and([eb('pool_id', '=', pool_id), eb('level', '=', level), eb('value', '=', value)])
    if (count <= decrease) await tx.deleteFrom('risk_counter').where(isCounter).execute()
    else {
      const change = tx.updateTable('risk_counter').set((eb) => ({ count: eb('count', '-', decrease), decayed_at: now }))
      await change.where(isCounter).execute()
    }
  }
  return due.length
}
