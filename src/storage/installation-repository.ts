import type { Db, Tx } from './db.ts'

/** Keeps `value` under `name` unless something is there already; the value that stands afterwards. */
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

/** The facts about the master key, as one query saw them. */
export type MasterKeyRows = {
  readonly proof: string
  readonly lastingSubkeys: string | undefined
  /** The proof of the key before, while the rows are being sealed anew. */
  readonly changedFrom: string | undefined
}

/** Leaves `proof` in a database that has none. */
export async function ensureMasterKeyProof(db: Db, proof: string): Promise<void> {
  await ensureInstallationValue(db, proofName, proof)
}

export async function findMasterKeyRows(db: Db | Tx): Promise<MasterKeyRows> {
  const rows = await db.selectFrom('installation').selectAll().where('name', 'in', [proofName, lastingName, changeName]).execute()
  const values = new Map(rows.map(({ name, value }) => [name, value]))
  return { proof: values.get(proofName) ?? '', lastingSubkeys: values.get(lastingName), changedFrom: values.get(changeName) }
}

/** From the commit on every server seals under the key that `to` proves. False when the key was not, or is no longer, that of `from`. */
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

/** Nothing is left under the key before. */
export async function endMasterKeyChange(db: Db, from: string): Promise<void> {
  await db.deleteFrom('installation').where('name', '=', changeName).where('value', '=', from).execute()
}
