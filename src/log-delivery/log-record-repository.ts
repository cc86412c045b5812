import type { Db, Tx } from '../storage/db.ts'
import type { LogQueue, LogSink, WaitingRecord } from './log-record.ts'

type NewRecord = WaitingRecord & { readonly poolId: string; readonly sinks: readonly LogSink[] }

/** Queues the record for each of the destinations. Without destinations it does nothing. */
export async function insertLogRecord(db: Db | Tx, { poolId, sinks, id, at, record }: NewRecord): Promise<void> {
  if (sinks.length === 0) return
  await db
    .insertInto('log_record')
    .values(sinks.map((sink) => ({ pool_id: poolId, sink, id, at, record })))
    .execute()
}

/** When the oldest waiting record was written, in epoch milliseconds. Undefined when none waits. */
export async function findOldestLogRecord(db: Db): Promise<number | undefined> {
  const row = await db.selectFrom('log_record').select('at').orderBy('at').limit(1).executeTakeFirst()
  return row?.at
}

/** The first queue with records after the queue `after`, or the first of all. Undefined after the last one. Reads one entry of the index. */
export async function findNextLogQueue(db: Db, after: LogQueue | undefined): Promise<LogQueue | undefined> {
  let query = db.selectFrom('log_record').select(['pool_id', 'sink']).orderBy('pool_id').orderBy('sink').limit(1)
  if (after !== undefined)
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('pool_id', 'sink'), '>', tuple(after.poolId, after.sink)))
  const row = await query.executeTakeFirst()
  return row && { poolId: row.pool_id, sink: row.sink as LogSink }
}

/** Up to `limit` records of the queue, oldest first. */
export function findLogRecords(db: Db, { poolId, sink }: LogQueue, limit: number): Promise<readonly WaitingRecord[]> {
  return db
    .selectFrom('log_record')
    .select(['id', 'at', 'record'])
    .where('pool_id', '=', poolId)
    .where('sink', '=', sink)
    .orderBy('id')
    .limit(limit)
    .execute()
}

export async function deleteLogRecords(db: Db | Tx, { poolId, sink }: LogQueue, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await db.deleteFrom('log_record').where('pool_id', '=', poolId).where('sink', '=', sink).where('id', 'in', ids).execute()
}

/** Deletes up to `limit` records of the queue, oldest first, and returns how many. With `upTo`, none that is newer than the record `upTo`. */
export async function dropOldestLogRecords(
  db: Db,
  queue: LogQueue,
  { limit, upTo }: { readonly limit: number; readonly upTo?: string | undefined },
): Promise<number> {
  const oldest = await findLogRecords(db, queue, limit)
  const ids = oldest.map(({ id }) => id).filter((id) => upTo === undefined || id <= upTo)
  await deleteLogRecords(db, queue, ids)
  return ids.length
}

/** The newest record of the queue that is too many, if `limit` records may wait. Undefined when no more wait. */
export async function findNewestSurplus(db: Db, { poolId, sink }: LogQueue, limit: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('log_record')
    .select('id')
    .where('pool_id', '=', poolId)
    .where('sink', '=', sink)
    .orderBy('id', 'desc')
    .offset(limit)
    .limit(1)
    .executeTakeFirst()
  return row?.id
}
