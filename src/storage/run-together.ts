import type { Compilable } from 'kysely'
import type { Tx } from './db.ts'

/**
 * Runs statements in this order; none of them may need the result of another. PostgreSQL gets all of them at once, which saves a round trip
 * for each.
 */
export async function runTogether(tx: Tx, statements: readonly Compilable[]): Promise<void> {
  const results = await tx
    .getExecutor()
    .provideConnection((connection) => Promise.allSettled(statements.map((statement) => connection.executeQuery(statement.compile()))))
  // The statements after the first failure fail because of that failure.
  const failure = results.find((result) => result.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}
