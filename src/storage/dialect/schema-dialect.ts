import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Engine } from './backend.ts'

/** How the engines spell the same table. */
export type SchemaDialect = {
  /** Text that is compared and sorted byte by byte. */
  readonly text: RawBuilder<unknown>
  /** A 64-bit integer. */
  readonly integer: RawBuilder<unknown>
  /** Ends a table whose rows are looked up by a composite key and small enough to lie in that key's index. */
  readonly narrowTable: RawBuilder<unknown>
  /** Ends any other table. */
  readonly wideTable: RawBuilder<unknown>
  /** Keeps other processes from migrating until the transaction ends. */
  // biome-ignore lint/suspicious/noExplicitAny: any schema will do
  lockSchema(tx: Kysely<any>): Promise<void>
  // biome-ignore lint/suspicious/noExplicitAny: any schema will do
  hasTable(db: Kysely<any>, name: string): Promise<boolean>
}

/** Any number that no other user of the same PostgreSQL is likely to lock. */
const schemaLock = 5_240_917_336_012_771n

export const schemaDialects: Readonly<Record<Engine, SchemaDialect>> = {
  sqlite: {
    text: sql`text`,
    integer: sql`integer`,
    narrowTable: sql`strict, without rowid`,
    wideTable: sql`strict`,
    // BEGIN IMMEDIATE has taken the only write lock already.
    lockSchema: async () => undefined,
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
    lockSchema: async (tx) => {
      // Another process may take long, and so may building an index.
      await sql`set local statement_timeout = 0`.execute(tx)
      await sql`select pg_advisory_xact_lock(${sql.lit(schemaLock)})`.execute(tx)
    },
    hasTable: async (db, name) => {
      const { rows } = await sql<{ found: boolean }>`select to_regclass(${name}) is not null as found`.execute(db)
      return rows[0]?.found === true
    },
  },
}
