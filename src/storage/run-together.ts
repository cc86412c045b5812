import type { Compilable } from 'kysely'
import type { Tx } from './db.ts'

/**
 * Runs the statements in the order of the list. No statement may need the result of another one, because PostgreSQL gets all of them at
 * once. That saves a round trip for each statement after the first. Returns how many rows each statement changed.
 */
export async function runTogether(tx: Tx, statements: readonly Compilable[]): Promise<readonly number[]> {
  const results = await tx
    .getExecutor()
    .provideConnection((connection) => Promise.allSettled(statements.map((statement) => connection.executeQuery(statement.compile()))))
  // The statements after the first failure fail because of that failure.
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return Number(result.value.numAffectedRows ?? 0)
  })
}
