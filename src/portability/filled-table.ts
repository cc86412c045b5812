import type { Db, Tx } from '../storage/db.ts'
import { hasAnyRow } from '../storage/dialect/bulk-rows.ts'
import { tablesOfEverything } from './copied-tables.ts'

/** A table with rows. Undefined when the database is empty but for what it stores about the installation and running processes. */
export async function findFilledTable(db: Db | Tx): Promise<string | undefined> {
  for (const { table } of tablesOfEverything) if (await hasAnyRow(db, table)) return table
  return undefined
}
