import type { Compilable, CompiledQuery, QueryResult } from 'kysely'
import type { Db, Tx } from './db.ts'

/** Stands in a prepared query where a value will be. */
class Placeholder {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/**
 * A query for the busiest paths: built and compiled once, then run with the values of the day. Otherwise those two steps are half of
 * what finding one row in SQLite costs.
 *
 * `build` sees placeholders in place of the values, so it can only hand them on: it must neither look at them nor compute with them.
 */
export function prepareQuery<Values extends object, Row>(
  build: (db: Db | Tx, values: Values) => Compilable<Row>,
): (db: Db | Tx, values: Values) => Promise<QueryResult<Row>> {
  const placeholders = new Proxy({}, { get: (_target, name) => new Placeholder(String(name)) }) as Values
  // The text depends on the engine; a database and its transactions have one adapter.
  const compiled = new WeakMap<object, CompiledQuery<Row>>()

  return (db, values) => {
    const { adapter } = db.getExecutor()
    let query = compiled.get(adapter)
    if (query === undefined) {
      query = build(db, placeholders).compile()
      compiled.set(adapter, query)
    }
    const given = values as Readonly<Record<string, unknown>>
    const parameters = query.parameters.map((parameter) => (parameter instanceof Placeholder ? given[parameter.name] : parameter))
    return db.executeQuery({ ...query, parameters })
  }
}
