import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import type { QueryResult } from 'kysely'

/** How many statements stay compiled. Without a limit, `IN` lists of varying length would grow the cache without end. */
const cachedStatements = 500

/** `columns` holds the names of the result's columns; it is empty if the statement returns no rows. */
type Prepared = { readonly statement: StatementSync; columns: readonly string[] }

/** One connection to the file, with its compiled statements. All its methods are synchronous. */
export class SqliteHandle {
  readonly database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  /** A statement blocks this thread for up to `busyTimeoutMs` while another process holds the lock that it needs. */
  constructor(path: string | URL, busyTimeoutMs: number, { readOnly = false } = {}) {
    this.database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: false, readOnly })
  }

  get inTransaction(): boolean {
    return this.database.isTransaction
  }

  exec(sql: string): void {
    const { statement } = this.#prepare(sql)
    statement.run()
  }

  run<R>(sql: string, parameters: readonly unknown[]): QueryResult<R> {
    for (const parameter of parameters) {
      // PostgreSQL rejects a boolean in an integer column; SQLite would silently accept it.
      if (typeof parameter === 'boolean') throw new TypeError('Booleans are stored as 0 or 1.')
    }
    const prepared = this.#prepare(sql)
    const values = parameters as SQLInputValue[]
    if (prepared.columns.length === 0) return { rows: [], numAffectedRows: BigInt(prepared.statement.run(...values).changes) }
    const rows = prepared.statement.all(...values) as unknown as readonly SQLOutputValue[][]
    // Another process has added a column meanwhile, and SQLite has recompiled the statement by itself. Migrations only ever add columns
    // (see migrate.ts): after any other change, names and values of the columns would no longer match.
    if (rows[0] !== undefined && rows[0].length !== prepared.columns.length) prepared.columns = columnsOf(prepared.statement)
    return { rows: rows.map((row) => toObject(prepared.columns, row)) as R[], numAffectedRows: BigInt(rows.length) }
  }

  close(): void {
    this.#prepared.clear()
    this.database.close()
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = this.database.prepare(sql)
    statement.setReturnArrays(true)
    const prepared = { statement, columns: columnsOf(statement) }
    if (this.#prepared.size >= cachedStatements) {
      const oldest = this.#prepared.keys().next().value
      if (oldest !== undefined) this.#prepared.delete(oldest)
    }
    this.#prepared.set(sql, prepared)
    return prepared
  }
}

const columnsOf = (statement: StatementSync): readonly string[] => statement.columns().map(({ name }) => name)

/**
 * Builds a row object from an array of values. `node:sqlite` could return objects, but without a prototype, unlike the rows of `pg`.
 * Copying such objects takes longer than building rows from arrays.
 */
function toObject(columns: readonly string[], values: readonly SQLOutputValue[]): Record<string, SQLOutputValue> {
  const row: Record<string, SQLOutputValue> = {}
  for (let at = 0; at < columns.length; at++) row[columns[at] ?? ''] = values[at] ?? null
  return row
}

/** The primary SQLite result code of an error that `node:sqlite` threw; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  const { code, errcode } = (error ?? {}) as { code?: unknown; errcode?: unknown }
  return code === 'ERR_SQLITE_ERROR' && typeof errcode === 'number' ? errcode & 0xff : undefined
}

/** SQLITE_BUSY: another process holds the lock. */
export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === 5
}
