import { type RawBuilder, sql } from 'kysely'
import type { Db, Tx } from '../db.ts'
import type { Schema } from '../schema.ts'
import type { Engine } from './backend.ts'

type Row = Readonly<Record<string, string | number | null>>

/** A row as `select … from sqlite_schema` gives it. */
type Definition = { readonly type: string; readonly name: string; readonly sql: string }

type BulkDialect = {
  /** Rows of the table, read from a JSON array of objects. */
  readonly rowsFromJson: (table: string, columns: readonly string[], json: string) => RawBuilder<unknown>
  readonly empty: (table: string) => RawBuilder<unknown>
  /** Lets the commit of this transaction not wait for the disk. A later commit that waits makes both durable. */
  readonly commitWithoutFlush: RawBuilder<unknown> | undefined
  /** Creates an empty temporary table with the columns, the constraints and the unique indexes of `table`. */
  createCopy(tx: Tx, table: string, copy: string): Promise<void>
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
    async createCopy(tx, table, copy) {
      const { rows } = await sql<Definition>`
        select type, name, sql from sqlite_schema where tbl_name = ${table} and sql is not null order by type desc`.execute(tx)
      for (const { type, name, sql: text } of rows) {
        const [, columns = ''] = /^[^(]*(\(.*)$/s.exec(text) ?? []
        if (type === 'table') await sql`create temp table ${sql.table(copy)} ${sql.raw(columns)}`.execute(tx)
        else if (/^create unique/i.test(text))
          await sql`create unique index ${sql.id('temp', `${copy}_${name}`)} on ${sql.table(copy)} ${sql.raw(columns)}`.execute(tx)
      }
    },
  },
  postgres: {
    rowsFromJson: (table, columns, json) =>
      sql`select ${listOf(columns)} from json_populate_recordset(null::${sql.table(table)}, ${json}::json)`,
    empty: (table) => sql`truncate table ${sql.table(table)}`,
    commitWithoutFlush: sql`set local synchronous_commit = off`,
    async createCopy(tx, table, copy) {
      await sql`create temp table ${sql.table(copy)} (like ${sql.table(table)} including all)`.execute(tx)
    },
  },
}

/**
 * Inserts rows that have the same columns, by one statement with one parameter: for thousands of rows that is many times as fast as a
 * parameter for each value.
 * @throws Error when the rows do not have the same columns: values of the surplus columns would get lost
 */
export async function insertRows(tx: Tx, engine: Engine, table: keyof Schema | TemporaryCopy, rows: readonly Row[]): Promise<void> {
  const [first] = rows
  if (first === undefined) return
  const columns = Object.keys(first)
  if (!rows.every((row) => hasColumns(row, columns))) throw new Error('not all rows have the same columns')
  const source = dialects[engine].rowsFromJson(table, columns, JSON.stringify(rows))
  await sql`insert into ${sql.table(table)} (${listOf(columns)}) ${source}`.execute(tx)
}

function hasColumns(row: Row, columns: readonly string[]): boolean {
  return Object.keys(row).length === columns.length && columns.every((column) => Object.hasOwn(row, column))
}

/** The name of a temporary table. */
export type TemporaryCopy = `checked_${keyof Schema}`

/** Creates a temporary table that accepts and refuses the same rows as the table. It is seen on this connection only. */
export async function createTemporaryCopy(tx: Tx, engine: Engine, table: keyof Schema): Promise<TemporaryCopy> {
  await dialects[engine].createCopy(tx, table, `checked_${table}`)
  return `checked_${table}`
}

export async function dropTemporaryCopy(tx: Tx, copy: TemporaryCopy): Promise<void> {
  await sql`drop table ${sql.table(copy)}`.execute(tx)
}

/** Speeds up a transaction that belongs to a longer work, which another transaction ends. Has an effect on PostgreSQL. */
export async function skipFlush(tx: Tx, engine: Engine): Promise<void> {
  await dialects[engine].commitWithoutFlush?.execute(tx)
}

/** Deletes all rows of the table. On PostgreSQL that needs the right to truncate it, which its owner has. */
export async function emptyTable(db: Db | Tx, engine: Engine, table: keyof Schema): Promise<void> {
  await dialects[engine].empty(table).execute(db)
}

/** Deletes all rows of the table, and lets readers go on meanwhile: TRUNCATE of PostgreSQL would wait for them. */
export async function deleteRows(tx: Tx, table: keyof Schema): Promise<void> {
  await sql`delete from ${sql.table(table)}`.execute(tx)
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
