import type { Kysely } from 'kysely'
import type { Db, Tx } from './db.ts'
import type { Schema } from './schema.ts'

type ExpiringTable = { [Table in keyof Schema]: Schema[Table] extends { expires_at: number } ? Table : never }[keyof Schema]
type AnySchema = Record<string, Record<string, string | number>>

/**
 * Deletes up to `limit` rows of `table` whose `expires_at` is before the time `before`, in epoch milliseconds. Skips rows that another
 * transaction holds. Returns how many rows it found; when that is `limit`, more may be left.
 *
 * @param key the columns that identify one row
 */
export async function deleteExpiredRows<Table extends ExpiringTable>(
  db: Db | Tx,
  { table, key }: { readonly table: Table; readonly key: readonly (keyof Schema[Table] & string)[] },
  before: number,
  limit: number,
): Promise<number> {
  const [name, columns]: readonly [string, readonly string[]] = [table, key]
  const anyDb = db as unknown as Kysely<AnySchema>
  const expired = await anyDb
    .selectFrom(name)
    .select(columns)
    .where('expires_at', '<', before)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const row of expired) {
    // A row may have been replaced by one that is valid after the query above found it.
    let deletion = anyDb.deleteFrom(name).where('expires_at', '<', before)
    for (const column of columns) deletion = deletion.where(column, '=', row[column] as string | number)
    await deletion.execute()
  }
  return expired.length
}
