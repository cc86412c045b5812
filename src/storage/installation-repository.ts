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
const changeName = 'master-key-change'

/** The rows about the master key, as one query saw them. */
export type MasterKeyRows = {
  readonly proof: string
  readonly lastingSubkeys: string | undefined
  /** The proof of the previous key while the rows are being sealed anew. */
  readonly changedFrom: string | undefined
}

/** Stores `proof` in a database that has none. */
export async function ensureMasterKeyProof(db: Db, proof: string): Promise<void> {
  await ensureInstallationValue(db, proofName, proof)
}

export async function findMasterKeyRows(db: Db | Tx): Promise<MasterKeyRows> {
  const rows = await db.selectFrom('installation').selectAll().where('name', 'in', [proofName, lastingName, changeName]).execute()
  const values = new Map(rows.map(({ name, value }) => [name, value]))
  return { proof: values.get(proofName) ?? '', lastingSubkeys: values.get(lastingName), changedFrom: values.get(changeName) }
}

/** After the commit every server seals under the key that `to` proves. False when the current key is not the one that `from` proves. */
export async function storeMasterKeyChange(
  tx: Tx,
  from: string,
  to: { readonly proof: string; readonly lastingSubkeys: string },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('installation')
    .set({ value: to.proof })
    .where('name', '=', proofName)
    .where('value', '=', from)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  const rows = [
    { name: lastingName, value: to.lastingSubkeys },
    { name: changeName, value: from },
  ]
  await tx
    .insertInto('installation')
    .values(rows)
    .onConflict((conflict) => conflict.column('name').doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })))
    .execute()
  return true
}

/** Ends the change of the master key. By now no stored value is sealed under the previous key. */
export async function endMasterKeyChange(db: Db, from: string): Promise<void> {
  await db.deleteFrom('installation').where('name', '=', changeName).where('value', '=', from).execute()
}
