import type { Db, Tx } from '../storage/db.ts'
import type { Channel, Lane, MessageKind } from './message.ts'

/** A message in the outbox. Its payload is sealed. */
export type OutboxEntry = {
  readonly id: string
  readonly poolId: string
  readonly sub: string
  readonly channel: Lane
  readonly trigger: MessageKind
  readonly payload: string
  /** The number of attempts to deliver the message. Claiming the message counts one, so an attempt in progress is included. */
  readonly attempts: number
  /** Why the previous attempt failed. */
  readonly lastError: string | undefined
  readonly createdAt: number
}

/** The state of a message that is recorded without being queued, and the reason. */
export type Withheld = { readonly state: 'failed' | 'suppressed'; readonly reason: string | undefined; readonly contentUntil: number }

type NewEntry = Omit<OutboxEntry, 'attempts' | 'lastError'> & {
  readonly label: string
  /** Undefined for a message that is queued. */
  readonly withheld: Withheld | undefined
}

export async function insertOutboxEntry(tx: Tx, { withheld, ...entry }: NewEntry): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      id: entry.id,
      pool_id: entry.poolId,
      sub: entry.sub,
      channel: entry.channel,
      trigger: entry.trigger,
      payload: entry.payload,
      label: entry.label,
      state: withheld?.state ?? 'queued',
      attempts: 0,
      next_attempt_at: withheld === undefined ? entry.createdAt : null,
      lease_until: null,
      last_attempt_at: null,
      last_error: withheld?.reason ?? null,
      refused: null,
      created_at: entry.createdAt,
      ended_at: withheld === undefined ? null : entry.createdAt,
      content_until: withheld?.contentUntil ?? null,
    })
    .execute()
}

type Claim = {
  readonly channel: Lane
  readonly now: number
  /** The time until which no other process may deliver the claimed messages, in epoch milliseconds. */
  readonly leaseUntil: number
  readonly limit: number
  /** The users who have a message that is being delivered. Their next message waits for the end of that delivery. */
  readonly exceptSubs: readonly string[]
}

/** How many due messages are read for each one that is claimed, so that many messages of one user do not hide those of the next user. */
const candidatesPerClaim = 8

/**
 * Claims up to `limit` due messages of all pools, at most one for each user, the longest due first. The lease in the WHERE clause is the
 * lock: one process gets each message.
 */
export async function claimOutboxEntries(db: Db, { channel, now, leaseUntil, limit, exceptSubs }: Claim): Promise<OutboxEntry[]> {
  let due = db
    .selectFrom('outbox')
    .select(['id', 'sub'])
    .where('next_attempt_at', '<=', now)
    .where('channel', '=', channel)
    .orderBy('next_attempt_at')
    .orderBy('id')
    .limit(limit * candidatesPerClaim)
  if (exceptSubs.length > 0) due = due.where('sub', 'not in', exceptSubs)
  const firstOfUser = new Map<string, string>()
  for (const { id, sub } of await due.execute()) if (!firstOfUser.has(sub)) firstOfUser.set(sub, id)
  const ids = [...firstOfUser.values()].slice(0, limit)
  if (ids.length === 0) return []

  const rows = await db
    .updateTable('outbox')
    .set((eb) => ({ next_attempt_at: leaseUntil, lease_until: leaseUntil, last_attempt_at: now, attempts: eb('attempts', '+', 1) }))
    .where('id', 'in', ids)
    .where('next_attempt_at', '<=', now)
    .returning(['id', 'pool_id', 'sub', 'channel', 'trigger', 'payload', 'attempts', 'last_error', 'created_at'])
    .execute()
  return rows.map((row) => ({
    id: row.id,
    poolId: row.pool_id,
    sub: row.sub,
    channel: row.channel,
    trigger: row.trigger as MessageKind,
    payload: row.payload,
    attempts: row.attempts,
    lastError: row.last_error ?? undefined,
    createdAt: row.created_at,
  }))
}

/** Whether this lane has a queued message that was due at the time `asOf`. */
export async function hasDueEntry(db: Db, channel: Lane, asOf: number): Promise<boolean> {
  const row = await db
    .selectFrom('outbox')
    .select('id')
    .where('next_attempt_at', '<=', asOf)
    .where('channel', '=', channel)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** How many messages wait. `oldestAt` is when the oldest of them was queued, in epoch milliseconds; undefined when no message waits. */
export type WaitingMessages = { readonly count: number; readonly oldestAt: number | undefined }

/** The most waiting messages of a lane that are counted. Counting stops there, so that it stays quick however many messages wait. */
const mostWaiting = 10_000

/** The messages of all pools that are queued or being delivered, by channel. A custom sender's messages count for their channel. */
export async function findWaitingByChannel(db: Db): Promise<Record<Channel, WaitingMessages>> {
  const both = async (...lanes: readonly Lane[]): Promise<WaitingMessages> => {
    const found = await Promise.all(lanes.map((lane) => findWaitingMessages(db, lane)))
    const times = found.flatMap(({ oldestAt }) => oldestAt ?? [])
    return { count: found.reduce((sum, { count }) => sum + count, 0), oldestAt: times.length === 0 ? undefined : Math.min(...times) }
  }
  const [email, sms] = await Promise.all([both('email', 'custom-email'), both('sms', 'custom-sms')])
  return { email, sms }
}

/** Counts up to `mostWaiting` messages of one lane by the index of the queue, and reads one row: that of the oldest counted message. */
async function findWaitingMessages(db: Db, channel: Lane): Promise<WaitingMessages> {
  const waiting = db
    .selectFrom('outbox')
    .select('id')
    .where('channel', '=', channel)
    .where('next_attempt_at', 'is not', null)
    .orderBy('next_attempt_at')
    .limit(mostWaiting)
  const { count, oldest } = await db
    .selectFrom(waiting.as('waiting'))
    // Ids begin with the time, so the smallest id is that of the oldest message.
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min('id').as('oldest')])
    .executeTakeFirstOrThrow()
  const row = oldest === null ? undefined : await db.selectFrom('outbox').select('created_at').where('id', '=', oldest).executeTakeFirst()
  return { count, oldestAt: row?.created_at }
}

type Key = { readonly id: string; readonly poolId: string }

export async function deleteOutboxEntry(db: Db | Tx, { id, poolId }: Key): Promise<void> {
  await db.deleteFrom('outbox').where('id', '=', id).where('pool_id', '=', poolId).execute()
}

/** Records that a message was delivered. Its payload is kept until `contentUntil`. */
export async function recordDelivery(
  db: Db,
  { id, poolId }: Key,
  { endedAt, contentUntil }: { endedAt: number; contentUntil: number },
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ state: 'sent', next_attempt_at: null, last_error: null, refused: null, ended_at: endedAt, content_until: contentUntil })
    .where('id', '=', id)
    .where('pool_id', '=', poolId)
    .execute()
}

type Failure = { readonly leaseUntil: number; readonly reason: string; readonly refused: boolean }

/** Sets the time of the next attempt. Does nothing when the lease ran out and another process claimed the message. */
export async function rescheduleOutboxEntry(
  db: Db,
  { id, poolId }: Key,
  { leaseUntil, nextAttemptAt, reason, refused }: Failure & { readonly nextAttemptAt: number },
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ next_attempt_at: nextAttemptAt, last_error: reason, refused: refused ? 1 : 0 })
    .where('id', '=', id)
    .where('pool_id', '=', poolId)
    .where('next_attempt_at', '=', leaseUntil)
    .execute()
}

/** Records that a message was not delivered. Its payload is kept until `contentUntil`, so that it can be sent again. */
export async function giveUpOutboxEntry(
  db: Db | Tx,
  { id, poolId }: Key,
  { leaseUntil, reason, refused, endedAt, contentUntil }: Failure & { readonly endedAt: number; readonly contentUntil: number },
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({
      state: 'failed',
      next_attempt_at: null,
      last_error: reason,
      refused: refused ? 1 : 0,
      ended_at: endedAt,
      content_until: contentUntil,
    })
    .where('id', '=', id)
    .where('pool_id', '=', poolId)
    .where('next_attempt_at', '=', leaseUntil)
    .execute()
}
