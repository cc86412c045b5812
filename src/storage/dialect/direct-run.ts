import type { CompiledQuery, QueryResult } from 'kysely'

/** Runs a statement outside any transaction. */
export type DirectRun = <Row>(query: CompiledQuery<Row>) => Promise<QueryResult<Row>>

const runs = new WeakMap<object, DirectRun>()

/**
 * The way to an open engine around Kysely's executor, for statements that are compiled already: of them, the executor only borrows a
 * connection and gives it back, by some ten promises. `adapter` is what a database is known by.
 */
export function offerDirectRun(adapter: object, run: DirectRun): void {
  runs.set(adapter, run)
}

/** From now on everything goes by the executor, which knows that the database is closed. */
export function withdrawDirectRun(adapter: object): void {
  runs.delete(adapter)
}

export function directRunOf(adapter: object): DirectRun | undefined {
  return runs.get(adapter)
}
