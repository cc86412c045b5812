import type { Tx } from '../../storage/db.ts'
import { insertRows } from '../../storage/dialect/bulk-rows.ts'
import type { Storage } from '../../storage/open-storage.ts'
import type { Schema } from '../../storage/schema.ts'
import type { BackupRow } from '../backup-rows.ts'
import { tablesOfEverything } from '../copied-tables.ts'
import { inBatches } from '../row-batches.ts'
import { readPages } from '../snapshot/read-pages.ts'
import { type DescribedUser, describeFiles } from './describe-files.ts'
import { type CallDeps, createCall } from './operation-calls.ts'
import { planSections, type SectionPlan } from './plan.ts'
import type { PoolFile } from './read-files.ts'

/** Rows of one table that one statement inserts. */
export type RowPart = { readonly table: keyof Schema; readonly rows: readonly BackupRow[] }

/** What files describe, as the rows of a database that has nothing else. */
export type DescribedRows = {
  readonly parts: readonly RowPart[]
  readonly users: readonly DescribedUser[]
  /** When the rows were made, in epoch milliseconds. */
  readonly madeAt: number
}

const batches = { rows: 2000, size: 8 * 1024 * 1024 }

/**
 * Makes what the files describe in an empty database, and returns the rows and what was made.
 * @throws PoolFileError when a file has a mistake
 */
export async function describeRows(
  deps: CallDeps,
  storage: Storage,
  files: readonly PoolFile[],
): Promise<{ readonly rows: DescribedRows; readonly sections: readonly SectionPlan[] }> {
  const { desired, users } = await describeFiles(deps, files)
  const sections = await planSections({ call: createCall(deps), deps }, desired, undefined)
  return { rows: { parts: await readParts(storage), users, madeAt: deps.clock.now() }, sections }
}

async function readParts({ db, openSnapshot }: Storage): Promise<readonly RowPart[]> {
  const snapshot = await openSnapshot()
  try {
    const parts: RowPart[] = []
    for (const table of tablesOfEverything) {
      for await (const rows of inBatches(readPages({ db, snapshot }, table, undefined), batches)) parts.push({ table: table.table, rows })
    }
    return parts
  } finally {
    await snapshot.close()
  }
}

export async function insertParts(tx: Tx, engine: Storage['engine'], parts: readonly RowPart[]): Promise<void> {
  for (const { table, rows } of parts) await insertRows(tx, engine, table, rows)
}
