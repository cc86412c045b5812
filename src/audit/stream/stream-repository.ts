import type { Db } from '../../storage/db.ts'
import type { AuditRecord } from '../audit-record.ts'
import { fromRow } from '../audit-repository.ts'

/** Up to `limit` records that were not delivered yet, oldest first. */
export async function findUnstreamed(db: Db, limit: number): Promise<readonly AuditRecord[]> {
  const rows = await db.selectFrom('audit_record').selectAll().where('streamed_at', 'is', null).orderBy('id').limit(limit).execute()
  return rows.map(fromRow)
}

/** The time `at` of the oldest undelivered record. Undefined when all records were delivered. */
export async function findOldestUnstreamed(db: Db): Promise<number | undefined> {
  const row = await db.selectFrom('audit_record').select('at').where('streamed_at', 'is', null).orderBy('id').limit(1).executeTakeFirst()
  return row?.at
}

export async function markStreamed(db: Db, ids: readonly string[], now: number): Promise<void> {
  await db.updateTable('audit_record').set({ streamed_at: now }).where('id', 'in', ids).execute()
}
