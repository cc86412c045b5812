import type { CompiledQuery, QueryResult } from 'kysely'

/** Runs a statement outside any transaction. */
export type DirectExecutor = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>

const runs = new WeakMap<object, DirectExecutor>()

/**
 * The way to an open engine around Kysely's executor, for statements that are compiled already: of them, the executor only borrows a
 * connection and gives it back, by some ten promises. `adapter` is what a database is known by.
 */
export function registerDirectExecutor(adapter: object, run: DirectExecutor): void {
  runs.set(adapter, run)
}

/** From now on everything goes by the executor, which knows that the database is closed. */
export function unregisterDirectExecutor(adapter: object): void {
  runs.delete(adapter)
}

export function findDirectExecutor(adapter: object): DirectExecutor | undefined {
  return runs.get(adapter)
}
