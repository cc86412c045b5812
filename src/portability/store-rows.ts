import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts'
import type { Tx } from '../storage/db.ts'
import { insertRows } from '../storage/dialect/bulk-rows.ts'
import type { Storage } from '../storage/open-storage.ts'
import type { BackupRow } from './backup-rows.ts'
import { PortabilityError } from './portability-error.ts'

/** The longest reason that is shown, in characters. It may repeat a value from the backup. */
const maximumReason = 400

/**
 * Stores rows of a backup.
 * @throws PortabilityError when the database refuses them: the backup was changed, or another program made it
 */
export async function storeRows(tx: Tx, engine: Storage['engine'], table: Parameters<typeof insertRows>[2], rows: readonly BackupRow[]) {
  try {
    await insertRows(tx, engine, table, rows)
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) throw error
    const name = table.replace(/^checked_/, '')
    throw new PortabilityError(`The backup has rows in its table ${name} that cannot be stored: ${reasonOf(error)}.`, { cause: error })
  }
}

/** The first line of the error, without control characters. */
export function reasonOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line
    .replaceAll(/\p{Cc}/gu, ' ')
    .slice(0, maximumReason)
    .replace(/\.$/, '')
}
