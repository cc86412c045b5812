import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { QueryResult } from 'kysely'

/** Statements kept compiled; lists of varying length in `IN` would otherwise grow the cache without end. */
const cachedStatements = 500

type Prepared = { statement: StatementSync; returnsRows: boolean }

/** One connection to the file, with its compiled statements. Everything on it is synchronous. */
export class SqliteHandle {
  readonly database: DatabaseSync
  readonly #prepared = new Map<string, Prepared>()

  /** `busyTimeoutMs` is how long a statement blocks this thread while another process holds the lock it needs. */
  constructor(path: string, busyTimeoutMs: number) {
    this.database = new DatabaseSync(path, { timeout: busyTimeoutMs, enableForeignKeyConstraints: false })
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
      // PostgreSQL refuses a boolean in an integer column; SQLite would take it silently.
      if (typeof parameter === 'boolean') throw new TypeError('Booleans are stored as 0 or 1.')
    }
    const { statement, returnsRows } = this.#prepare(sql)
    const values = parameters as SQLInputValue[]
    if (!returnsRows) return { rows: [], numAffectedRows: BigInt(statement.run(...values).changes) }
    const rows = statement.all(...values)
    // Rows come without a prototype; copies are ordinary objects, as `pg` gives them.
    return { rows: rows.map((row) => ({ ...row })) as R[], numAffectedRows: BigInt(rows.length) }
  }

  close(): void {
    this.#prepared.clear()
    this.database.close()
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql)
    if (known !== undefined) return known
    const statement = this.database.prepare(sql)
    const prepared = { statement, returnsRows: statement.columns().length > 0 }
    if (this.#prepared.size >= cachedStatements) {
      const oldest = this.#prepared.keys().next().value
      if (oldest !== undefined) this.#prepared.delete(oldest)
    }
    this.#prepared.set(sql, prepared)
    return prepared
  }
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
