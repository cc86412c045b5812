import type { Db, Tx } from '../storage/db.ts'
import type { AuditRecordTable } from '../storage/record-tables.ts'
import { type AuditRecord, outcomeOk } from './audit-record.ts'

/** Stores the record, unless a record with its id is stored already. */
export async function insertAuditRecord(db: Db | Tx, record: AuditRecord): Promise<void> {
  await db
    .insertInto('audit_record')
    .values(toRow(record))
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** What the listed records have in common. A member that is undefined matches every record. */
export type AuditFilter = {
  readonly poolId?: string | undefined
  readonly accessKeyId?: string | undefined
  readonly sessionArn?: string | undefined
  readonly sessionIdentityId?: string | undefined
  readonly operation?: string | undefined
  readonly subject?: string | undefined
}

/** Ids of records: a list contains those from `from` on that are before `before`. */
export type AuditRange = { readonly from: string | undefined; readonly before: string | undefined }

/**
 * Up to `limit` records, newest first, that match one member of the filter. That member is the one that fewest records are expected to
 * share, so an index finds them. The caller checks the other members with `matches`.
 */
export async function listAuditRecordsOf(
  db: Db,
  { poolId, accessKeyId, sessionArn, sessionIdentityId, operation, subject }: AuditFilter,
  { from, before }: AuditRange,
  limit: number,
): Promise<readonly AuditRecord[]> {
  let query = db.selectFrom('audit_record').selectAll().orderBy('id', 'desc').limit(limit)
  if (subject !== undefined) query = query.where('subject', '=', subject)
  else if (sessionIdentityId !== undefined) query = query.where('session_identity_id', '=', sessionIdentityId)
  else if (sessionArn !== undefined) query = query.where('session_arn', '=', sessionArn)
  else if (poolId !== undefined) query = query.where('pool_id', '=', poolId)
  else if (accessKeyId !== undefined) query = query.where('access_key_id', '=', accessKeyId)
  else if (operation !== undefined) query = query.where('action', '=', operation)
  if (from !== undefined) query = query.where('id', '>=', from)
  if (before !== undefined) query = query.where('id', '<', before)
  return (await query.execute()).map(fromRow)
}

/** Whether the record matches every member of the filter. */
export function matches(record: AuditRecord, filter: AuditFilter): boolean {
  return (Object.keys(filter) as (keyof AuditFilter)[]).every((name) => filter[name] === undefined || filter[name] === record[name])
}

/** How many members of the filter are set. */
export const countMembers = (filter: AuditFilter): number => Object.values(filter).filter((value) => value !== undefined).length

/**
 * Deletes up to `limit` records that are older than the time `before`. With `isStreamed`, records that the stream has not delivered yet are
 * kept. Returns how many were deleted.
 */
export async function sweepAuditRecords(
  db: Db | Tx,
  { before, isStreamed }: { before: number; isStreamed: boolean },
  limit: number,
): Promise<number> {
  let query = db.selectFrom('audit_record').select(['pool_id', 'id']).where('at', '<', before).limit(limit)
  if (isStreamed) query = query.where('streamed_at', 'is not', null)
  const old = await query.execute()
  for (const { pool_id, id } of old) {
    await db.deleteFrom('audit_record').where('pool_id', '=', pool_id).where('id', '=', id).execute()
  }
  return old.length
}

function toRow(record: AuditRecord): AuditRecordTable {
  return {
    pool_id: record.poolId ?? '',
    id: record.id,
    at: record.at,
    action: record.operation,
    access_key_id: record.accessKeyId ?? null,
    session_arn: record.sessionArn ?? null,
    session_identity_id: record.sessionIdentityId ?? null,
    sub: null,
    username: record.username ?? null,
    detail: record.detail ?? null,
    reason: record.reason ?? null,
    subject: record.subject ?? null,
    outcome: record.outcome,
    request_id: record.requestId ?? null,
    system_user: record.systemUser ?? null,
    changed_members: record.changedMembers === undefined ? null : JSON.stringify(record.changedMembers),
    address: record.address ?? null,
    streamed_at: null,
  }
}

export function fromRow(row: AuditRecordTable): AuditRecord {
  return {
    id: row.id,
    at: row.at,
    operation: row.action,
    accessKeyId: row.access_key_id ?? undefined,
    sessionArn: row.session_arn ?? undefined,
    sessionIdentityId: row.session_identity_id ?? undefined,
    systemUser: row.system_user ?? undefined,
    poolId: row.pool_id || undefined,
    subject: row.subject ?? row.sub ?? undefined,
    username: row.username ?? undefined,
    changedMembers: row.changed_members === null ? undefined : JSON.parse(row.changed_members),
    outcome: row.outcome ?? outcomeOk,
    requestId: row.request_id ?? undefined,
    address: row.address ?? undefined,
    detail: row.detail ?? undefined,
    reason: row.reason ?? undefined,
  }
}
