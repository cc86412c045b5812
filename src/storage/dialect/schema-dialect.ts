import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Engine } from './backend.ts'
import { type LockRetries, retryOnLocks } from './lock-retries.ts'

/** The parts of a table's definition that differ between the engines. */
export type SchemaDialect = {
  /** Text that is compared and sorted byte by byte. */
  readonly text: RawBuilder<unknown>
  /** A 64-bit integer. */
  readonly integer: RawBuilder<unknown>
  /**
   * The end of the definition of a table whose rows are found by a composite key, and are small enough to be stored in that key's index.
   */
  readonly narrowTable: RawBuilder<unknown>
  /** The end of the definition of any other table. */
  readonly wideTable: RawBuilder<unknown>
  /** Whether the engine knows how many rows share a value, and chooses indexes by that. */
  readonly hasStatistics: boolean
  /** Keeps other processes from migrating until the transaction ends. */
  // biome-ignore lint/suspicious/noExplicitAny: any schema will do
  lockSchema(tx: Kysely<any>): Promise<void>
  /**
   * Runs `work` in the transaction. When another transaction locks a table that `work` changes, undoes the changes of `work` and runs it
   * again.
   */
  // biome-ignore lint/suspicious/noExplicitAny: any schema will do
  retryOnLocks<T>(tx: Kysely<any>, work: () => Promise<T>, retries: LockRetries): Promise<T>
  // biome-ignore lint/suspicious/noExplicitAny: any schema will do
  hasTable(db: Kysely<any>, name: string): Promise<boolean>
}

/** An arbitrary number that other programs on the same PostgreSQL are unlikely to use for a lock. */
const schemaLock = 5_240_917_336_012_771n

export const schemaDialects: Readonly<Record<Engine, SchemaDialect>> = {
  sqlite: {
    text: sql`text`,
    integer: sql`integer`,
    narrowTable: sql`strict, without rowid`,
    wideTable: sql`strict`,
    hasStatistics: false,
    // BEGIN IMMEDIATE has taken the only write lock already.
    lockSchema: async () => undefined,
    retryOnLocks: (_tx, work) => work(),
    hasTable: async (db, name) => {
      const { rows } = await sql`select 1 from sqlite_schema where type = 'table' and name = ${name}`.execute(db)
      return rows.length > 0
    },
  },
  postgres: {
    text: sql`text collate "C"`,
    integer: sql`bigint`,
    narrowTable: sql``,
    wideTable: sql``,
    hasStatistics: true,
    lockSchema: async (tx) => {
      // Waiting for another process may take long, and so may building an index, so no time limit applies.
      await sql`set local statement_timeout = 0`.execute(tx)
      await sql`set local lock_timeout = 0`.execute(tx)
      await sql`select pg_advisory_xact_lock(${sql.lit(schemaLock)})`.execute(tx)
    },
    retryOnLocks,
    hasTable: async (db, name) => {
      const { rows } = await sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`.execute(db)
      return rows[0]?.found === true
    },
  },
}
