import type { Compilable } from 'kysely'
import type { Tx } from './db.ts'

/**
 * Runs the statements in the order of the list. No statement may need the result of another one, because PostgreSQL gets all of them at
 * once. That saves a round trip for each statement after the first.
 */
export async function runTogether(tx: Tx, statements: readonly Compilable[]): Promise<void> {
  const results = await tx
    .getExecutor()
    .provideConnection((connection) => Promise.allSettled(statements.map((statement) => connection.executeQuery(statement.compile()))))
  // The statements after the first failure fail because of that failure.
  const failure = results.find((result) => result.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}
