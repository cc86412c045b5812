import { sql } from 'kysely'
import type { Db, Tx } from '../storage/db.ts'
import type { OutboxTable } from '../storage/message-tables.ts'
import { type Channel, channelOfLane, type MessageKind } from './message.ts'

export type MessageState = OutboxTable['state']

/** The record of a message that is queued or has a result. */
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
  /** Undefined unless the message waits for its next attempt. */
  readonly nextAttemptAt: number | undefined
  /** The whole message, sealed; empty once its content is no longer needed. */
  readonly payload: string
  /** The recipient, username and expiry of the message, sealed (`MessageLabel`). They are kept longer than `payload`. */
  readonly label: string | undefined
}

export type MessageFilter = {
  readonly state?: MessageState | undefined
  readonly sub?: string | undefined
  /** Only messages that are older than the one with this id. Undefined: from the newest on. */
  readonly before?: string | undefined
}

/** Up to `limit` messages of a pool, newest first. */
export async function listMessageRows(db: Db, poolId: string, filter: MessageFilter, limit: number): Promise<MessageRow[]> {
  let query = db.selectFrom('outbox').selectAll().where('pool_id', '=', poolId)
  if (filter.sub !== undefined) query = query.where('sub', '=', filter.sub)
  // For one user, the state is written as an expression. Otherwise SQLite would use the index of states, although a user has few messages.
  if (filter.state !== undefined) query = query.where(filter.sub === undefined ? 'state' : sql`state || ''`, '=', filter.state)
  if (filter.before !== undefined) query = query.where('id', '<', filter.before)
  return (await query.orderBy('id', 'desc').limit(limit).execute()).map(fromRow)
}

/** Up to `limit` messages that were not sent, newest first. They are of all pools, because the dev inbox shows all pools. */
export async function listUnsentRows(db: Db, limit: number): Promise<MessageRow[]> {
  const rows = await db.selectFrom('outbox').selectAll().where('state', '!=', 'sent').orderBy('id', 'desc').limit(limit).execute()
  return rows.map(fromRow)
}

export async function findUnsentRow(db: Db, id: string): Promise<MessageRow | undefined> {
  const row = await db.selectFrom('outbox').selectAll().where('id', '=', id).where('state', '!=', 'sent').executeTakeFirst()
  return row && fromRow(row)
}

/** Deletes the failed and suppressed messages of all pools. Queued messages stay and are sent. */
export async function deleteUnsent(db: Db): Promise<void> {
  await db.deleteFrom('outbox').where('state', 'in', ['failed', 'suppressed']).execute()
}

export async function findMessageRow(db: Db | Tx, poolId: string, id: string): Promise<MessageRow | undefined> {
  const row = await db.selectFrom('outbox').selectAll().where('id', '=', id).where('pool_id', '=', poolId).executeTakeFirst()
  return row && fromRow(row)
}

/** Makes the next attempt of a queued message due now. False when it is not queued, or is being delivered at this moment. */
export async function bringForward(db: Db | Tx, poolId: string, id: string, now: number): Promise<boolean> {
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

/** Whether the first attempts of these messages have all ended, and whether one was refused. A message without a row was delivered. */
export async function findFirstAttempts(db: Db, poolId: string, ids: readonly string[]): Promise<{ allEnded: boolean; refused: boolean }> {
  const rows = await db
    .selectFrom('outbox')
    .select(['next_attempt_at', 'last_error', 'refused'])
    .where('id', 'in', ids)
    .where('pool_id', '=', poolId)
    .execute()
  const allEnded = rows.every(({ next_attempt_at, last_error }) => next_attempt_at === null || last_error !== null)
  return { allEnded, refused: rows.some(({ refused }) => refused === 1) }
}

/** Empties the payload of up to `limit` messages whose content is no longer needed at the time `now`. Resolves with their number. */
export async function sweepMessageContents(db: Db | Tx, now: number, limit: number): Promise<number> {
  const expired = await db
    .selectFrom('outbox')
    .select('id')
    .where('content_until', '<=', now)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  const ids = expired.map(({ id }) => id)
  if (ids.length > 0) await db.updateTable('outbox').set({ payload: '', content_until: null }).where('id', 'in', ids).execute()
  return ids.length
}

/** Deletes up to `limit` messages that got their final state at the time `before` or earlier. Resolves with their number. */
export async function sweepMessageRecords(db: Db | Tx, before: number, limit: number): Promise<number> {
  const expired = await db.selectFrom('outbox').select('id').where('ended_at', '<=', before).limit(limit).forUpdate().skipLocked().execute()
  const ids = expired.map(({ id }) => id)
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
