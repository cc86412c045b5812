import { setTimeout as delay } from 'node:timers/promises'
import { recordCommand } from '../../audit/audit-trail.ts'
import type { Clock } from '../../base/clock.ts'
import type { KeyRing } from '../../base/secrets.ts'
import type { Tx } from '../../storage/db.ts'
import { emptyTable, skipFlush } from '../../storage/dialect/bulk-rows.ts'
import { endRestore } from '../../storage/installation-repository.ts'
import type { Storage } from '../../storage/open-storage.ts'
import type { SealedTable } from '../../storage/sealed-table.ts'
import type { BackupContent, BackupPart, BackupRow } from '../backup-rows.ts'
import { tablesOfEverything } from '../copied-tables.ts'
import { PortabilityError } from '../portability-error.ts'
import { orRefused } from '../refused-values.ts'
import { inBatches } from '../row-batches.ts'
import { storeRows } from '../store-rows.ts'
import { claimTarget } from './claim-target.ts'
import { requireKnownMigration, withCurrentRows } from './current-rows.ts'

/** What one transaction stores. A transaction for each batch of the backup would take longer than the rows. */
const stored = { rows: 2000, size: 8 * 1024 * 1024 }

export type RestoreOptions = {
  /** The migrated database to restore into. */
  readonly storage: Storage
  /** The master key of the restored installation: the values are sealed under the key that this ring seals under. */
  readonly keyRing: KeyRing
  readonly sealedTables: readonly SealedTable[]
  readonly content: BackupContent
  readonly clock: Clock
  /** Whether the rows that the database has are to be deleted. */
  readonly overwrite: boolean
  /** How long a server that runs on this database may take to notice the restore, in milliseconds. */
  readonly quietMs: number
  /** Called after each batch with the number of rows restored so far. */
  readonly onProgress?: (rows: number) => void | Promise<void>
}

/**
 * Restores everything into an empty database. While it runs, and when it was interrupted, no server starts on the database. It can be run
 * again after it was killed at any moment. Resolves with the number of restored rows.
 * @throws PortabilityError before it changes anything: when the backup is not one of everything, or was written by a newer release; when
 *   the database is not empty and `overwrite` is false; when a server or another restore uses the database
 */
export async function restoreEverything(options: RestoreOptions): Promise<number> {
  const { storage, clock, content, overwrite, quietMs } = options
  requireRestorable(content)
  const installation = installationOf(options)
  const { engine, db } = storage
  return withCurrentRows(content, async (parts) => {
    const claim = await claimTarget({ db, clock, overwrite })
    try {
      if (claim.mayBeInUse) await delay(quietMs)
      for (const { table } of tablesOfEverything) await claim.inTransaction((tx) => emptyTable(tx, engine, table))
      const rows = await writeParts(options, parts, claim.inTransaction)
      await claim.inTransaction(async (tx) => {
        await recordCommand(tx, clock, { operation: 'RestoreBackup' })
        await endRestore(tx, installation)
      })
      return rows
    } finally {
      await claim.release()
    }
  })
}

/** @throws PortabilityError when the backup is one of a pool, or was written by a newer release */
export function requireRestorable({ head }: Pick<BackupContent, 'head'>): void {
  requireKnownMigration(head)
  const { scope } = head
  if (scope.kind === 'everything') return
  throw new PortabilityError(
    `The backup has only the user pool ${scope.poolId}. Restore the pool into an installation: lifeguard restore FILE --pool ${scope.poolId}`,
  )
}

async function writeParts(
  { storage, keyRing, sealedTables, content, onProgress }: RestoreOptions,
  parts: AsyncIterable<BackupPart>,
  inTransaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>,
): Promise<number> {
  const secrets = keyRing.openingAlso(content.keys.rowKey)
  let count = 0
  for await (const { table, rows } of parts) {
    const isKnown = tablesOfEverything.some((each) => each.table === table)
    if (!isKnown) throw new PortabilityError(`The backup has a table ${table}, which this program does not restore.`)
    const sealed = sealedTables.find((each) => each.table === table)
    const resealed = (row: BackupRow) => (sealed === undefined ? row : { ...row, ...orRefused(table, () => sealed.reseal(secrets, row)) })
    for await (const some of inBatches(rows, stored)) {
      const ready = some.map(resealed)
      await inTransaction(async (tx) => {
        await skipFlush(tx, storage.engine)
        await storeRows(tx, storage.engine, table, ready)
      })
      storage.checkpoint()
      count += some.length
      await onProgress?.(count)
    }
  }
  return count
}

/** What the installation stores about its keys. @throws PortabilityError when the backup lacks a part of it */
function installationOf({ keyRing, content }: RestoreOptions): ReturnType<KeyRing['recordForRestored']> {
  try {
    return keyRing.recordForRestored(content.keys.lastingSubkeys)
  } catch (cause) {
    throw new PortabilityError('The backup lacks the subkeys of its installation, so it cannot be restored.', { cause })
  }
}
