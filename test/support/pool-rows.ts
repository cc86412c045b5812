import { sql } from 'kysely'
import type { Db } from '../../src/storage/db.ts'

/**
 * The number of rows of the pool, by table. Tables without such rows are left out. Audit records are left out as well, because they stay
 * when the pool is removed.
 */
export async function rowsOfPool(db: Db, poolId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { name, columns } of await db.introspection.getTables()) {
    if (name === 'audit_record' || !columns.some((column) => column.name === 'pool_id')) continue
    const { rows } = await sql<{ count: number }>`select count(*) as count from ${sql.table(name)} where pool_id = ${poolId}`.execute(db)
    const count = Number(rows[0]?.count)
    if (count > 0) counts[name] = count
  }
  return counts
}

/** Inserts users in large batches, each user with one alias, two searchable attributes and two groups. */
export async function insertManyUsers(db: Db, poolId: string, count: number): Promise<void> {
  for (let first = 0; first < count; first += 500) {
    const subs = Array.from({ length: Math.min(500, count - first) }, (_, at) => `sub-${String(first + at).padStart(9, '0')}`)
    const user = { pool_id: poolId, status: 'CONFIRMED', enabled: 1, attributes: '{}', created_at: 1, updated_at: 1 }
    await db.transaction().execute(async (tx) => {
      await tx
        .insertInto('user')
        .values(subs.map((sub) => ({ ...user, sub, username: sub })) as never)
        .execute()
      await tx
        .insertInto('user_alias')
        .values(subs.map((sub) => ({ pool_id: poolId, kind: 'username' as const, value_key: sub, sub })))
        .execute()
      await tx
        .insertInto('user_attribute')
        .values(subs.flatMap((sub) => ['email', 'name'].map((name) => ({ pool_id: poolId, name, value_key: sub, sub }))))
        .execute()
      await tx
        .insertInto('group_member')
        .values(subs.flatMap((sub) => ['one', 'two'].map((group_name) => ({ pool_id: poolId, sub, group_name }))))
        .execute()
    })
  }
}
