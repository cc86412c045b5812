import { sql } from 'kysely'
import type { Db, Tx } from '../db.ts'
import type { Engine } from './backend.ts'

/**
 * A mark that names this transaction, which has written, and all that began to write before it. SQLite has one writing transaction at a time,
 * so there it is empty.
 */
export async function markTransaction(tx: Tx, engine: Engine): Promise<string> {
  if (engine === 'sqlite') return ''
  const { rows } = await sql<{ id: string }>`select pg_current_xact_id()::text as id`.execute(tx)
  return rows[0]?.id ?? ''
}

/** `reached`: all transactions of the mark have ended. `foreign`: another database made the mark, because this one has not come so far. */
export type BarrierState = 'reached' | 'waiting' | 'foreign'

export async function barrierState(db: Db, engine: Engine, mark: string): Promise<BarrierState> {
  if (engine === 'sqlite') return 'reached'
  if (mark === '') return 'foreign'
  const snapshot = sql`pg_current_snapshot()`
  const { rows } = await sql<{ oldest: string; next: string }>`
    select pg_snapshot_xmin(${snapshot})::text as oldest, pg_snapshot_xmax(${snapshot})::text as next`.execute(db)
  const { oldest = '0', next = '0' } = rows[0] ?? {}
  if (BigInt(mark) >= BigInt(next)) return 'foreign'
  return BigInt(oldest) > BigInt(mark) ? 'reached' : 'waiting'
}
