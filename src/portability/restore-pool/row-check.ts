import type { Db, Tx } from '../../storage/db.ts'
import { createTemporaryCopy, dropTemporaryCopy, type TemporaryCopy } from '../../storage/dialect/bulk-rows.ts'
import type { Storage } from '../../storage/open-storage.ts'
import type { Schema } from '../../storage/schema.ts'
import type { BackupRow } from '../backup-rows.ts'
import { storeRows } from '../store-rows.ts'
import { type FindUsernames, findUsernames } from './clashes.ts'

export type RowCheck = {
  /** @throws PortabilityError when the table would refuse the rows, or one of them together with earlier ones */
  requireStorable(table: keyof Schema, rows: readonly BackupRow[]): Promise<void>
  /** The usernames of the checked users. */
  readonly findUsernames: FindUsernames
}

/**
 * Lets the database check rows without storing them: they go into temporary tables, which have the types, the keys and the unique indexes of
 * the tables. The tables are dropped when `use` has ended, and with the connection of a command that was killed.
 */
export function withRowCheck<T>({ db, engine }: Storage, use: (rowCheck: RowCheck) => Promise<T>): Promise<T> {
  // Temporary tables belong to one connection.
  return db.connection().execute(async (connection: Db) => {
    // On SQLite a connection that had a transaction runs everything in transactions.
    const inTransaction = <R>(work: (tx: Tx) => Promise<R>) => connection.transaction().execute(work)
    const copies = new Map<keyof Schema, TemporaryCopy>()
    try {
      return await use({
        async requireStorable(table, rows) {
          if (rows.length === 0) return
          await inTransaction(async (tx) => {
            const copy = copies.get(table) ?? (await createTemporaryCopy(tx, engine, table))
            await storeRows(tx, engine, copy, rows)
            copies.set(table, copy)
          })
        },
        findUsernames: async (poolId, subs) =>
          copies.has('user') ? inTransaction((tx) => findUsernames(tx, poolId, subs, 'checked_user')) : new Map(),
      })
    } finally {
      for (const copy of copies.values()) await inTransaction((tx) => dropTemporaryCopy(tx, copy)).catch(() => undefined)
    }
  })
}
