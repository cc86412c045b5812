import type { Kysely, Transaction } from 'kysely'
import type { Schema } from './schema.ts'

/** The database outside a transaction. */
export type Db = Kysely<Schema>

/** The database inside one. Triggers, gateways and hashes never run while one is open. */
export type Tx = Transaction<Schema>
