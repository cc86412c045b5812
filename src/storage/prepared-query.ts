import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import type { Db, Tx } from './db.ts'
import { findDirectExecutor } from './dialect/direct-executor.ts'
import { asLookup } from './dialect/lookup.ts'

/** Takes the place of a value in a prepared query. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

type Build<Values, Row> = (db: Db | Tx, values: Values) => Compilable<Row>
type PreparedQuery<Values, Row> = (db: Db | Tx, values: Values) => Promise<QueryResult<Row>>

/**
 * A query for the busiest paths: it is built and compiled once, then run with the values of each call. On SQLite, building and compiling
 * would take as long as finding one row (see docs/decisions/0012).
 *
 * @NOTE `build` gets placeholders instead of values. It may only pass them on; it must neither read them nor compute with them.
 */
export function prepareQuery<Values extends object, Row>(build: Build<Values, Row>): PreparedQuery<Values, Row> {
  return prepare(build, (query) => query)
}

/**
 * Prepares a `select` that finds few rows by a key, as `prepareQuery` does. Such a query is fast and waits for no lock, so it may share a
 * connection with other look-ups.
 */
export function prepareLookup<Values extends object, Row>(build: Build<Values, Row>): PreparedQuery<Values, Row> {
  return prepare(build, asLookup)
}

function prepare<Values extends object, Row>(
  build: Build<Values, Row>,
  mark: (query: CompiledQuery<Row>) => CompiledQuery<Row>,
): PreparedQuery<Values, Row> {
  const placeholders = new Proxy({}, { get: (_target, name) => new Placeholder(String(name)) }) as Values
  // The text of the statement depends on the engine. A database and its transactions share one adapter.
  const compiled = new WeakMap<object, CompiledQuery<Row>>()

  return (db, values) => {
    const { adapter } = db.getExecutor()
    let query = compiled.get(adapter)
    if (query === undefined) {
      query = mark(build(db, placeholders).compile())
      compiled.set(adapter, query)
    }
    const valuesByName = values as Readonly<Record<string, unknown>>
    const parameters = query.parameters.map((parameter) => (parameter instanceof Placeholder ? valuesByName[parameter.name] : parameter))
    const filled = { ...query, parameters }
    const executeDirectly = db.isTransaction ? undefined : findDirectExecutor(adapter)
    return executeDirectly === undefined ? db.executeQuery(filled) : executeDirectly(filled)
  }
}
