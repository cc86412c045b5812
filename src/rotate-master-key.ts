import { setTimeout as delay } from 'node:timers/promises'
import { masterKeyChannel } from './master-key-watch.ts'
import type { OpenedDatabase } from './open-database.ts'
import { sealedTables } from './sealed-tables.ts'
import { SettingsError } from './settings.ts'
import type { Tx } from './storage/db.ts'
import { endMasterKeyChange, findMasterKeyRows, storeMasterKeyChange } from './storage/installation-repository.ts'
import { type ResealPass, resealTable } from './storage/reseal-table.ts'

type Options = {
  /** How long a server may go on sealing under the key before; the last look at the rows begins after that. */
  readonly quietMs: number
  readonly tell: (line: string) => void
  /** Called after each batch, with the rows that this run has sealed anew. */
  readonly onBatch?: (resealedRows: number) => void | Promise<void>
}

const heldRowsMs = 100

export type Rotation = {
  /** By this run. */
  readonly resealedRows: number
  /** Rows in which something opens under neither key: it was of no use before either. */
  readonly unreadable: readonly string[]
}

/**
 * Makes the database's current master key the one that everything is sealed under, and seals anew what is stored. Servers that have both keys go
 * on meanwhile. It may be ended at any moment and run again, and run twice at once. Throws SettingsError when the keys are not the ones.
 */
export async function rotateMasterKey(database: OpenedDatabase, options: Options): Promise<Rotation> {
  const { quietMs, tell } = options
  const { previous } = database.keyRing.proofs
  if (previous === undefined) {
    throw new SettingsError('--previous-master-key-file (or LIFEGUARD_PREVIOUS_MASTER_KEY) is required by this command.')
  }
  const changed = await changeKey(database, previous)
  const isUnderWay = (await findMasterKeyRows(database.storage.db)).changedFrom !== undefined
  const quietAt = performance.now() + (isUnderWay ? quietMs : 0)
  tell(
    changed
      ? 'The master key is changed. Servers seal under it from now on.'
      : 'The master key was changed before. Looking for what is left.',
  )

  const pass: ResealPass = { stale: 0, resealed: 0, unreadable: [] }
  for (;;) {
    const startedAt = performance.now()
    const before = pass.resealed
    Object.assign(pass, { stale: 0, unreadable: [] })
    await lookThrough(database, pass, options)
    if (pass.stale > 0) {
      // What is left is held by others.
      if (pass.resealed === before) await delay(heldRowsMs)
      continue
    }
    if (startedAt >= quietAt) {
      await endMasterKeyChange(database.storage.db, previous)
      return { resealedRows: pass.resealed, unreadable: pass.unreadable }
    }
    tell('Waiting for servers that have not heard yet.')
    await delay(quietAt - performance.now())
  }
}

/** True when it was this call that made the current key the one to seal under. */
async function changeKey({ storage, keyRing }: OpenedDatabase, previous: string): Promise<boolean> {
  const { db, publish } = storage
  const changed = await db.transaction().execute(async (tx) => {
    const facts = await findMasterKeyRows(tx)
    requireThisChange(facts, keyRing.proofs.current, previous)
    return storeMasterKeyChange(tx, previous, keyRing.recordForCurrent())
  })
  if (changed) await publish(masterKeyChannel, '')
  const facts = await findMasterKeyRows(db)
  if (facts.proof !== keyRing.proofs.current) throw anotherChange()
  keyRing.adopt(facts)
  return changed
}

/** Rows may still be sealed under the key before the last one: a key may go only when nothing is left under it. */
function requireThisChange(
  { proof, changedFrom }: { proof: string; changedFrom: string | undefined },
  current: string,
  previous: string,
): void {
  if (changedFrom === undefined || (proof === current && changedFrom === previous)) return
  throw new SettingsError(
    '--master-key: an earlier change of the master key has not ended. Run this command with the keys of that change first, and then again.',
  )
}

const anotherChange = () =>
  new SettingsError('--master-key: the master key was changed again meanwhile, to another one. This command has stopped.')

/** One look at every row. */
async function lookThrough({ storage, secrets, keyRing }: OpenedDatabase, pass: ResealPass, { tell, onBatch }: Options): Promise<void> {
  const requireKey = async (tx: Tx) => {
    if ((await findMasterKeyRows(tx)).proof !== keyRing.proofs.current) throw anotherChange()
  }
  const afterBatch = async (milliseconds: number) => {
    storage.checkpoint()
    await onBatch?.(pass.resealed)
    // Servers come first: this takes at most half of the time.
    await delay(milliseconds)
  }
  for (const table of sealedTables) {
    const before = pass.resealed
    await resealTable({ db: storage.db, secrets, requireKey, afterBatch }, table, pass)
    if (pass.resealed > before) tell(`Sealed anew in ${table.table}: ${pass.resealed - before}`)
  }
}
