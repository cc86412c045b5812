import type { Db, Tx } from '../storage/db.ts'
import type { AuditRecord } from './audit-record.ts'

export async function insertAuditRecord(tx: Tx, record: AuditRecord): Promise<void> {
  await tx
    .insertInto('audit_record')
    .values({
      pool_id: record.poolId,
      id: record.id,
      at: record.at,
      action: record.action,
      access_key_id: record.accessKeyId ?? null,
      sub: record.sub ?? null,
      username: record.username ?? null,
      detail: record.detail ?? null,
      reason: record.reason ?? null,
    })
    .execute()
}

/** Up to `page.limit` records of the pool, newest first: those that are older than the record with the id `page.after`. */
export async function listAuditRecordsOf(
  db: Db,
  poolId: string,
  page: { after: string | undefined; limit: number },
): Promise<readonly AuditRecord[]> {
  let query = db.selectFrom('audit_record').selectAll().where('pool_id', '=', poolId).orderBy('id', 'desc').limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  return (await query.execute()).map((row) => ({
    poolId: row.pool_id,
    id: row.id,
    at: row.at,
    action: row.action,
    accessKeyId: row.access_key_id ?? undefined,
    sub: row.sub ?? undefined,
    username: row.username ?? undefined,
    detail: row.detail ?? undefined,
    reason: row.reason ?? undefined,
  }))
}

/** Deletes up to `limit` records that are older than the time `before`. Returns how many were found. */
export async function sweepAuditRecords(db: Db | Tx, before: number, limit: number): Promise<number> {
  const old = await db.selectFrom('audit_record').select(['pool_id', 'id']).where('at', '<', before).limit(limit).execute()
  for (const { pool_id, id } of old) {
    await db.deleteFrom('audit_record').where('pool_id', '=', pool_id).where('id', '=', id).execute()
  }
  return old.length
}
