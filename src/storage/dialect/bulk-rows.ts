import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../db.ts'
import type { Schema } from '../schema.ts'
import type { Engine } from './backend.ts'

type Row = Readonly<Record<string, string | number | null>>

type BulkDialect = {
  /** Rows of the table, read from a JSON array of objects. */
  readonly rowsFromJson: (table: string, columns: readonly string[], json: string) => RawBuilder<unknown>
  readonly empty: (table: string) => RawBuilder<unknown>
  /** Lets the commit of this transaction not wait for the disk. A later commit that waits makes both durable. */
  readonly commitWithoutFlush: RawBuilder<unknown> | undefined
}

const listOf = (columns: readonly string[]) => sql.join(columns.map((column) => sql.ref(column)))

const dialects: Readonly<Record<Engine, BulkDialect>> = {
  sqlite: {
    rowsFromJson(_table, columns, json) {
      // The path is a parameter, so a name of a column needs no escape but that of its quotation marks.
      const values = columns.map((column) => sql`json_extract(value, ${`$.${JSON.stringify(column)}`})`)
      return sql`select ${sql.join(values)} from json_each(${json})`
    },
    empty: (table) => sql`delete from ${sql.table(table)}`,
    commitWithoutFlush: undefined,
  },
  postgres: {
    rowsFromJson: (table, columns, json) =>
      sql`select ${listOf(columns)} from json_populate_recordset(null::${sql.table(table)}, ${json}::json)`,
    empty: (table) => sql`truncate table ${sql.table(table)}`,
    commitWithoutFlush: sql`set local synchronous_commit = off`,
  },
}

/**
 * Inserts rows that have the same columns, by one statement with one parameter: for thousands of rows that is many times as fast as a
 * parameter for each value.
 */
export async function insertRows(tx: Tx, engine: Engine, table: keyof Schema, rows: readonly Row[]): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  const columns = Object.keys(first)
  const source = dialects[engine].rowsFromJson(table, columns, JSON.stringify(rows))
  await sql`insert into ${sql.table(table)} (${listOf(columns)}) ${source}`.execute(tx)
}

/** Speeds up a transaction that belongs to a longer work, which another transaction ends. Has an effect on PostgreSQL. */
export async function skipFlush(tx: Tx, engine: Engine): Promise<void> {
  await dialects[engine].commitWithoutFlush?.execute(tx)
}

/** Deletes all rows of the table. On PostgreSQL that needs the right to truncate it, which its owner has. */
export async function emptyTable(db: Db | Tx, engine: Engine, table: keyof Schema): Promise<void> {
  await dialects[engine].empty(table).execute(db)
}

export async function hasAnyRow(db: Db | Tx, table: keyof Schema): Promise<boolean> {
  const { rows } = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db)
  return rows.length > 0
}

/** The columns of each table. */
export async function findColumns(db: Db): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const tables = await db.introspection.getTables()
  return new Map(tables.map(({ name, columns }) => [name, new Set(columns.map((column) => column.name))]))
}
