import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import type { Db, Tx } from './db.ts'
import { findDirectExecutor } from './dialect/direct-executor.ts'
import { asLookup } from './dialect/lookup.ts'

/** Stands in a prepared query where a value will be. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

type Build<Values, Row> = (db: Db | Tx, values: Values) => Compilable<Row>
type PreparedQuery<Values, Row> = (db: Db | Tx, values: Values) => Promise<QueryResult<Row>>

/**
 * A query for the busiest paths: built and compiled once, then run with the values of the day. Otherwise those two steps are half of
 * what finding one row in SQLite costs.
 *
 * `build` sees placeholders in place of the values, so it can only hand them on: it must neither look at them nor compute with them.
 */
export function prepareQuery<Values extends object, Row>(build: Build<Values, Row>): PreparedQuery<Values, Row> {
  return prepare(build, (query) => query)
}

/** The same for a `select` that finds few rows by a key: it is quick and waits for no lock, and so may share a connection with others. */
export function prepareLookup<Values extends object, Row>(build: Build<Values, Row>): PreparedQuery<Values, Row> {
  return prepare(build, asLookup)
}

function prepare<Values extends object, Row>(
  build: Build<Values, Row>,
  mark: (query: CompiledQuery<Row>) => CompiledQuery<Row>,
): PreparedQuery<Values, Row> {
  const placeholders = new Proxy({}, { get: (_target, name) => new Placeholder(String(name)) }) as Values
  // The text depends on the engine; a database and its transactions have one adapter.
  const compiled = new WeakMap<object, CompiledQuery<Row>>()

  return (db, values) => {
    const { adapter } = db.getExecutor()
    let query = compiled.get(adapter)
    if (query === undefined) {
      query = mark(build(db, placeholders).compile())
      compiled.set(adapter, query)
    }
    const given = values as Readonly<Record<string, unknown>>
    const parameters = query.parameters.map((parameter) => (parameter instanceof Placeholder ? given[parameter.name] : parameter))
    const filled = { ...query, parameters }
    const run = db.isTransaction ? undefined : findDirectExecutor(adapter)
    return run === undefined ? db.executeQuery(filled) : run(filled)
  }
}
