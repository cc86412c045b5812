import type { Compilable } from 'kysely'
import type { Tx } from './db.ts'

/**
 * Runs statements of which none needs what another answers, in this order. PostgreSQL gets them all at once, which saves a round trip
 * for each.
 */
export async function runTogether(tx: Tx, statements: readonly Compilable[]): Promise<void> {
  const ends = await tx
    .getExecutor()
    .provideConnection((connection) => Promise.allSettled(statements.map((statement) => connection.executeQuery(statement.compile()))))
  // Those after the first failure fail because of it.
  const failure = ends.find((end) => end.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}
