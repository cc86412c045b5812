import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Snapshot } from './backend.ts'
import { retryWhileBusy } from './retry-while-busy.ts'
import { statementError } from './sqlite-errors.ts'
import { SqliteHandle } from './sqlite-handle.ts'

/** How long the first read waits for another process. */
const busyTimeoutMs = 5000

/** Opens a connection of its own with a read transaction, which sees the committed rows of this moment. */
export async function openSqliteSnapshot(file: string): Promise<Snapshot> {
  const handle = new SqliteHandle(file, busyTimeoutMs)
  try {
    handle.exec('pragma query_only = 1')
    handle.exec('begin')
    // `begin` alone does not choose a state. The first read does.
    await retryWhileBusy(() => handle.run('select count(*) from sqlite_schema', []), busyTimeoutMs)
  } catch (error) {
    handle.close()
    throw statementError(error)
  }
  return {
    async read<R>({ sql, parameters }: { readonly sql: string; readonly parameters: readonly unknown[] }) {
      // A read blocks the thread. Requests get their turn between two reads.
      await nextTurn()
      try {
        return handle.run<R>(sql, parameters).rows
      } catch (error) {
        throw statementError(error)
      }
    },
    close: async () => handle.close(),
  }
}
