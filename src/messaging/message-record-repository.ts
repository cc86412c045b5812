import { sql } from 'kysely'
import type { Db, Tx } from '../storage/db.ts'
import type { OutboxTable } from '../storage/message-tables.ts'
import { type Channel, channelOfLane, type MessageKind } from './message.ts'

export type MessageState = OutboxTable['state']

/** What is known of a message: queued, or what became of it. */
export type MessageRow = {
  readonly id: string
  readonly poolId: string
  readonly sub: string
  readonly channel: Channel
  readonly kind: MessageKind
  readonly state: MessageState
  readonly reason: string | undefined
  readonly attempts: number
  readonly queuedAt: number
  readonly lastAttemptAt: number | undefined
  /** Undefined unless it waits for its next attempt. */
  readonly nextAttemptAt: number | undefined
  /** Sealed. */
  readonly payload: string
  /** Sealed. */
  readonly label: string | undefined
}

export type MessageFilter = {
  readonly state?: MessageState | undefined
  readonly sub?: string | undefined
  /** Continues after this id of the list. */
  readonly before?: string | undefined
}

/** Up to `limit` messages of a pool, newest first. */
export async function listMessageRows(db: Db, poolId: string, filter: MessageFilter, limit: number): Promise<MessageRow[]> {
  let query = db.selectFrom('outbox').selectAll().where('pool_id', '=', poolId)
  if (filter.sub !== undefined) query = query.where('sub', '=', filter.sub)
  // A user has few messages: as an expression, the state does not tempt SQLite to look for it first.
  if (filter.state !== undefined) query = query.where(filter.sub === undefined ? 'state' : sql`state || ''`, '=', filter.state)
  if (filter.before !== undefined) query = query.where('id', '<', filter.before)
  return (await query.orderBy('id', 'desc').limit(limit).execute()).map(fromRow)
}

/** Up to `limit` messages of all pools that were not sent, newest first: for the dev inbox, which belongs to the developer. */
export async function listUnsentRows(db: Db, limit: number): Promise<MessageRow[]> {
  const rows = await db.selectFrom('outbox').selectAll().where('state', '!=', 'sent').orderBy('id', 'desc').limit(limit).execute()
  return rows.map(fromRow)
}

export async function findUnsentRow(db: Db, id: string): Promise<MessageRow | undefined> {
  const row = await db.selectFrom('outbox').selectAll().where('id', '=', id).where('state', '!=', 'sent').executeTakeFirst()
  return row && fromRow(row)
}

/** Forgets what was given up or held back in all pools; what is queued goes out all the same. */
export async function forgetUnsent(db: Db): Promise<void> {
  await db.deleteFrom('outbox').where('state', 'in', ['failed', 'suppressed']).execute()
}

export async function findMessageRow(db: Db | Tx, poolId: string, id: string): Promise<MessageRow | undefined> {
  const row = await db.selectFrom('outbox').selectAll().where('id', '=', id).where('pool_id', '=', poolId).executeTakeFirst()
  return row && fromRow(row)
}

/** Has a message that waits for another attempt tried at once. False when it is not queued, or on its way at this moment. */
export async function bringForward(db: Db, poolId: string, id: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ next_attempt_at: now })
    .where('id', '=', id)
    .where('pool_id', '=', poolId)
    .where('state', '=', 'queued')
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('next_attempt_at', '!=', eb.ref('lease_until'))]))
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** How the first attempt of some messages went. One that is gone was delivered. */
export async function findFirstAttempts(db: Db, poolId: string, ids: readonly string[]): Promise<{ allOver: boolean; refused: boolean }> {
  const rows = await db
    .selectFrom('outbox')
    .select(['next_attempt_at', 'last_error', 'refused'])
    .where('id', 'in', ids)
    .where('pool_id', '=', poolId)
    .execute()
  const allOver = rows.every(({ next_attempt_at, last_error }) => next_attempt_at === null || last_error !== null)
  return { allOver, refused: rows.some(({ refused }) => refused === 1) }
}

/** Empties up to `limit` messages that say nothing of use since `now`; answers how many were found. */
export async function sweepMessageContents(db: Db | Tx, now: number, limit: number): Promise<number> {
  const stale = await db.selectFrom('outbox').select('id').where('content_until', '<=', now).limit(limit).forUpdate().skipLocked().execute()
  const ids = stale.map(({ id }) => id)
  if (ids.length > 0) await db.updateTable('outbox').set({ payload: '', content_until: null }).where('id', 'in', ids).execute()
  return ids.length
}

/** Forgets up to `limit` messages that ended at `before` or earlier; answers how many were found. */
export async function sweepMessageRecords(db: Db | Tx, before: number, limit: number): Promise<number> {
  const stale = await db.selectFrom('outbox').select('id').where('ended_at', '<=', before).limit(limit).forUpdate().skipLocked().execute()
  const ids = stale.map(({ id }) => id)
  if (ids.length > 0) await db.deleteFrom('outbox').where('id', 'in', ids).execute()
  return ids.length
}

function fromRow(row: OutboxTable): MessageRow {
  const isLeased = row.next_attempt_at === row.lease_until
  return {
    id: row.id,
    poolId: row.pool_id,
    sub: row.sub,
    channel: channelOfLane(row.channel),
    kind: row.trigger as MessageKind,
    state: row.state,
    reason: row.last_error ?? undefined,
    attempts: row.attempts,
    queuedAt: row.created_at,
    lastAttemptAt: row.last_attempt_at ?? undefined,
    nextAttemptAt: isLeased ? undefined : (row.next_attempt_at ?? undefined),
    payload: row.payload,
    label: row.label ?? undefined,
  }
}
