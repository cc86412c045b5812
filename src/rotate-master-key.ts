import { setTimeout as delay } from 'node:timers/promises'
import { recordCommand } from './audit/audit-trail.ts'
import { systemClock } from './base/clock.ts'
import { masterKeyChannel } from './master-key-watch.ts'
import type { OpenedDatabase } from './open-database.ts'
import { sealedTables } from './sealed-tables.ts'
import { SettingsError } from './settings.ts'
import type { Tx } from './storage/db.ts'
import { endMasterKeyChange, findMasterKeyRows, lockMasterKeyRows, storeMasterKeyChange } from './storage/installation-repository.ts'
import { type ResealPass, resealTable } from './storage/reseal-table.ts'

type Options = {
  /**
   * How many milliseconds a server may still seal under the previous key after the master key was changed. The last pass over the tables
   * begins after this time.
   */
  readonly quietMs: number
  /** Called with each line of progress for the operator. */
  readonly report: (line: string) => void
  /** Called after each batch, with the number of rows that this run has sealed anew. */
  readonly onBatch?: (resealedRows: number) => void | Promise<void>
}

/** The pause before the next pass if other transactions held all rows that are left. */
const heldRowsMs = 100

export type Rotation = {
  /** The number of rows that this run has sealed anew. */
  readonly resealedRows: number
  /** Rows with a value that opens under neither key. Such a value was unreadable before the change, too. */
  readonly unreadable: readonly string[]
}

/**
 * Makes the current master key of this process the one that all servers seal under, and seals all stored values anew. Servers that have
 * both keys keep running meanwhile. The rotation may be stopped at any moment and run again, and several runs at once do no harm.
 * @throws SettingsError when the keys are not the ones that the database needs
 */
export async function rotateMasterKey(database: OpenedDatabase, options: Options): Promise<Rotation> {
  const { quietMs, report } = options
  const { previous } = database.keyRing.proofs
  if (previous === undefined) {
    throw new SettingsError('--previous-master-key-file (or LIFEGUARD_PREVIOUS_MASTER_KEY) is required by this command.')
  }
  const hasChanged = await changeKey(database, previous)
  const isInProgress = (await findMasterKeyRows(database.storage.db)).changedFrom !== undefined
  const quietAt = performance.now() + (isInProgress ? quietMs : 0)
  report(
    hasChanged
      ? 'The master key was changed. Servers seal new values under the new key.'
      : 'The master key was changed earlier. Looking for values under the previous key.',
  )

  const pass: ResealPass = { stale: 0, resealed: 0, unreadable: [] }
  for (;;) {
    const startedAt = performance.now()
    const before = pass.resealed
    Object.assign(pass, { stale: 0, unreadable: [] })
    await runPass(database, pass, options)
    if (pass.stale > 0) {
      // Nothing was sealed anew in this pass: other transactions hold all rows that are left.
      if (pass.resealed === before) await delay(heldRowsMs)
      continue
    }
    if (startedAt >= quietAt) {
      await endMasterKeyChange(database.storage.db, previous)
      return { resealedRows: pass.resealed, unreadable: pass.unreadable }
    }
    report('Waiting until all servers use the new key.')
    // A timer may fire up to a millisecond early.
    await delay(Math.max(0, quietAt - performance.now()) + 1)
  }
}

/** True when this call made the current key the one that servers seal under; false when an earlier run did. */
async function changeKey({ storage, keyRing }: OpenedDatabase, previous: string): Promise<boolean> {
  const { db, publish } = storage
  const hasChanged = await db.transaction().execute(async (tx) => {
    const rows = await lockMasterKeyRows(tx)
    requireNoOtherChange(rows, keyRing.proofs.current, previous)
    // A pool may have been restored since the database was opened. The record has to contain the subkeys that were stored with it.
    if (!keyRing.adopt(rows)) throw concurrentChangeError()
    const isStored = await storeMasterKeyChange(tx, previous, keyRing.recordForCurrent())
    // A run that continues an earlier one changes no key, so it leaves no audit record.
    if (isStored) await recordCommand(tx, systemClock, { operation: 'RotateMasterKey' })
    return isStored
  })
  if (hasChanged) await publish(masterKeyChannel, '')
  const rows = await findMasterKeyRows(db)
  if (rows.proof !== keyRing.proofs.current) throw concurrentChangeError()
  keyRing.adopt(rows)
  return hasChanged
}

/** During an unfinished change, rows may still be sealed under the key before the previous one, so no other change may begin. */
function requireNoOtherChange(
  { proof, changedFrom }: { proof: string; changedFrom: string | undefined },
  current: string,
  previous: string,
): void {
  if (changedFrom === undefined || (proof === current && changedFrom === previous)) return
  throw new SettingsError(
    '--master-key: an earlier change of the master key is not finished. Run this command with the keys of that change first, and then again.',
  )
}

const concurrentChangeError = () =>
  new SettingsError('--master-key: the master key was changed to another key during this command, so the command has stopped.')

/** Reads every row of every table with sealed columns once. */
async function runPass({ storage, secrets, keyRing }: OpenedDatabase, pass: ResealPass, { report, onBatch }: Options): Promise<void> {
  const requireKey = async (tx: Tx) => {
    if ((await findMasterKeyRows(tx)).proof !== keyRing.proofs.current) throw concurrentChangeError()
  }
  const afterBatch = async (milliseconds: number) => {
    storage.checkpoint()
    await onBatch?.(pass.resealed)
    // The pause is as long as the batch was, so the servers have the database to themselves for at least half of the time.
    await delay(milliseconds)
  }
  for (const table of sealedTables) {
    const before = pass.resealed
    await resealTable({ db: storage.db, secrets, requireKey, afterBatch }, table, pass)
    if (pass.resealed > before) report(`Sealed anew in ${table.table}: ${pass.resealed - before}`)
  }
}
