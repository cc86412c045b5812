import type { Db, Tx } from './db.ts'

/** Stores `value` under `name` unless a value is stored already. Returns the stored value. */
export async function ensureInstallationValue(db: Db | Tx, name: string, value: string): Promise<string> {
  await db
    .insertInto('installation')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const row = await db.selectFrom('installation').select('value').where('name', '=', name).executeTakeFirstOrThrow()
  return row.value
}

const proofName = 'master-key-check'
const lastingName = 'lasting-subkeys'
const keptName = 'kept-subkeys'
const restoreName = 'restore'
const changeName = 'master-key-change'

/** What the table `installation` says about the master key. A `proof` is a keyed hash that identifies a master key. */
export type MasterKeyRows = {
  /** Identifies the current master key; empty before the first one is stored. */
  readonly proof: string
  readonly lastingSubkeys: string | undefined
  readonly keptSubkeys: string | undefined
  /** The `proof` of the previous master key, as long as stored values may be sealed under that key; else undefined. */
  readonly changedFrom: string | undefined
  /** Whether a restore has begun and has not ended. Then no server may use the database. */
  readonly isBeingRestored: boolean
}

/** Stores `proof`, which identifies the current master key. Does nothing if the database has such a row already. */
export async function ensureMasterKeyProof(db: Db, proof: string): Promise<void> {
  await ensureInstallationValue(db, proofName, proof)
}

export async function findMasterKeyRows(db: Db | Tx): Promise<MasterKeyRows> {
  const names = [proofName, lastingName, keptName, changeName, restoreName]
  const rows = await db.selectFrom('installation').selectAll().where('name', 'in', names).execute()
  const values = new Map(rows.map(({ name, value }) => [name, value]))
  return {
    proof: values.get(proofName) ?? '',
    lastingSubkeys: values.get(lastingName),
    keptSubkeys: values.get(keptName),
    changedFrom: values.get(changeName),
    isBeingRestored: values.has(restoreName),
  }
}

/** Like `findMasterKeyRows`, and no other transaction changes these rows until this one ends. */
export async function lockMasterKeyRows(tx: Tx): Promise<MasterKeyRows> {
  await tx.selectFrom('installation').select('name').where('name', '=', proofName).forUpdate().execute()
  return findMasterKeyRows(tx)
}

/** The master key rows that a change or a restore replaces. */
export type NewMasterKeyRows = { readonly proof: string; readonly lastingSubkeys: string; readonly keptSubkeys: string }

/** Replaces the rows about the master key, whichever they are. Lock them before, unless no other process uses the database. */
export async function storeMasterKeyRows(tx: Tx, { proof, lastingSubkeys, keptSubkeys }: NewMasterKeyRows): Promise<void> {
  await putValues(tx, { [proofName]: proof, [lastingName]: lastingSubkeys, [keptName]: keptSubkeys })
}

async function putValues(tx: Tx, values: Readonly<Record<string, string>>): Promise<void> {
  await tx
    .insertInto('installation')
    .values(Object.entries(values).map(([name, value]) => ({ name, value })))
    .onConflict((conflict) => conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })))
    .execute()
}

/**
 * Changes the current master key from the one that the proof `from` identifies to the one that `to.proof` identifies. After the commit
 * every server seals under the new key. Returns false, and changes nothing, when the current key is not the one of `from`.
 */
export async function storeMasterKeyChange(tx: Tx, from: string, to: NewMasterKeyRows): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('installation')
    .set({ value: to.proof })
    .where('name', '=', proofName)
    .where('value', '=', from)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  await putValues(tx, { [lastingName]: to.lastingSubkeys, [keptName]: to.keptSubkeys, [changeName]: from })
  return true
}

/**
 * Ends the change of the master key. Call this function when no stored value is sealed under the previous key. The proof `from` identifies
 * the previous key.
 */
export async function endMasterKeyChange(db: Db, from: string): Promise<void> {
  await db.deleteFrom('installation').where('name', '=', changeName).where('value', '=', from).execute()
}

/** From the commit on, no server starts, and running servers stop. */
export async function beginRestore(tx: Tx): Promise<void> {
  await putValues(tx, { [restoreName]: 'in progress' })
}

/** Ends a restore of everything: servers may start with the master key of the record. */
export async function endRestore(tx: Tx, record: NewMasterKeyRows): Promise<void> {
  await storeMasterKeyRows(tx, record)
  await tx.deleteFrom('installation').where('name', 'in', [restoreName, changeName]).execute()
}
