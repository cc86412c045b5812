import type { Snapshot } from './backend.ts'
import { type ClientOptions, PostgresClient } from './postgres-client.ts'
import { statementError } from './postgres-errors.ts'

/** How long one statement may take. */
const statementMs = 60_000

/** How long after `statementMs` the connection is aborted. */
const marginMs = 1000

/**
 * PostgreSQL ends the transaction when it was idle for this long. The reader may wait for a slow target, such as an upload. But if its
 * machine is lost, PostgreSQL must not keep the old rows for hours.
 */
const idleMs = 600_000

/** Opens a connection of its own with a read-only transaction, which sees the committed rows of this moment. It locks no rows. */
export async function openPostgresSnapshot(options: Omit<ClientOptions, 'answerTimeoutMs'>): Promise<Snapshot> {
  const client = new PostgresClient({ ...options, answerTimeoutMs: () => statementMs + marginMs })
  try {
    await client.connect()
    await client.run('begin transaction isolation level repeatable read read only')
    await client.run(`set local statement_timeout = ${statementMs}`)
    await client.run(`set local idle_in_transaction_session_timeout = ${idleMs}`)
    // `begin` alone does not choose a state. The first query does.
    await client.run('select 1')
  } catch (error) {
    client.abort(new Error('The snapshot was not opened.'))
    throw statementError(error, client)
  }
  return {
    async read<R>({ sql, parameters }: { readonly sql: string; readonly parameters: readonly unknown[] }) {
      try {
        return (await client.run({ text: sql, values: [...parameters] })).rows as R[]
      } catch (error) {
        throw statementError(error, client)
      }
    },
    close: () => client.end(),
  }
}
