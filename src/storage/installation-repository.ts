import type { Db, Tx } from './db.ts'

/** Keeps `value` under `name` unless something is there already; the value that stands afterwards. */
export async function keepInstallationFact(db: Db | Tx, name: string, value: string): Promise<string> {
  await db
    .insertInto('installation')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const row = await db.selectFrom('installation').select('value').where('name', '=', name).executeTakeFirstOrThrow()
  return row.value
}
