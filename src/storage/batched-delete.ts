import type { Transaction } from 'kysely'
import type { Tx } from './db.ts'
import type { Schema } from './schema.ts'

type Value = string | number
type AnySchema = Record<string, Record<string, Value>>

/** Rows of one table that are all to be deleted. */
export type DoomedRows = {
  readonly table: keyof Schema
  /** Column → value that every one of the rows has. */
  readonly where: Readonly<Record<string, string>>
  /** The columns that, together with those of `where`, name one row. */
  readonly key: readonly string[]
  /** A row can be as large as hundreds of kilobytes. */
  readonly areLarge?: boolean
}

/** The key of a row, in the order of `DoomedRows.key`. */
export type Place = readonly Value[]

/**
 * Deletes up to `limit` of the rows, in the order of their keys, from the first one after `after`. Answers how many, and the last one's key.
 * Rows that another transaction holds are left out.
 * @NOTE Without `after`, PostgreSQL would walk over all rows deleted so far to find the next one: they stay in the index until a vacuum.
 */
export async function deleteSome(
  tx: Tx,
  { table, where, key }: DoomedRows,
  after: Place | undefined,
  limit: number,
): Promise<{ readonly count: number; readonly last: Place | undefined }> {
  const anyTx = tx as unknown as Transaction<AnySchema>
  const columns = [...Object.keys(where), ...key]
  const rows = await anyTx
    // Materialized, or a plan could run the inner select more than once and delete more than `limit`.
    .with(
      (cte) => cte('doomed').materialized(),
      (db) => {
        let query = db.selectFrom(table).select(columns).limit(limit).forUpdate().skipLocked()
        for (const [column, value] of Object.entries(where)) query = query.where(column, '=', value)
        for (const column of key) query = query.orderBy(column)
        if (after === undefined) return query
        return query.where((eb) => eb(eb.refTuple(...tuple(key)), '>', eb.tuple(...tuple(after))))
      },
    )
    .deleteFrom(table)
    .where((eb) => eb(eb.refTuple(...tuple(columns)), 'in', eb.selectFrom('doomed').select(columns) as never))
    .returning([...key])
    .execute()
  const places = rows.map((row) => key.map((column) => row[column] as Value))
  return { count: rows.length, last: places.length === 0 ? undefined : places.reduce((a, b) => (compare(a, b) < 0 ? b : a)) }
}

/** Whether any of the rows is left, one that another transaction holds included. */
export async function isAnyLeft(tx: Tx, { table, where }: DoomedRows): Promise<boolean> {
  let query = (tx as unknown as Transaction<AnySchema>).selectFrom(table).select(Object.keys(where)).limit(1)
  for (const [column, value] of Object.entries(where)) query = query.where(column, '=', value)
  return (await query.executeTakeFirst()) !== undefined
}

/** Kysely's tuples ask for a number of members that is known when it compiles. */
const tuple = (members: readonly Value[]) => members as unknown as [never, never]

/** As both engines compare keys: text byte by byte. */
function compare(a: Place, b: Place): number {
  for (const [at, left] of a.entries()) {
    const right = b[at] as Value
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)))
    if (order !== 0) return order
  }
  return 0
}
