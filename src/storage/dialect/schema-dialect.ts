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
  },
  postgres: {
    text: sql`text collate "C"`,
    integer: sql`bigint`,
    narrowTable: sql``,
    wideTable: sql``,
    lockSchema: async (tx) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(schemaLock)})`.execute(tx)
    },
  },
}
