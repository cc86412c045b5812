import type { CompiledQuery, QueryResult } from 'kysely'

/** Runs a statement outside any transaction. */
export type DirectExecutor = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>

const executors = new WeakMap<object, DirectExecutor>()

/**
 * Registers a function that runs compiled statements in place of Kysely's executor. For compiled statements, Kysely's executor only
 * acquires and releases a connection, and creates some ten promises. `adapter` identifies the database.
 */
export function registerDirectExecutor(adapter: object, executor: DirectExecutor): void {
  executors.set(adapter, executor)
}

/** After this call Kysely's executor gets all statements again. It rejects them, because the database is closed. */
export function unregisterDirectExecutor(adapter: object): void {
  executors.delete(adapter)
}

export function findDirectExecutor(adapter: object): DirectExecutor | undefined {
  return executors.get(adapter)
}
