import type { Db, Tx } from '../storage/db.ts'
import type { Lane, MessageKind } from './message.ts'

/** A message on its way out; what it says is sealed. */
export type OutboxEntry = {
  readonly id: string
  readonly poolId: string
  readonly sub: string
  readonly channel: Lane
  readonly trigger: MessageKind
  readonly payload: string
  /** How often delivery was begun, this time included once it is claimed. */
  readonly attempts: number
  readonly createdAt: number
}

export async function insertOutboxEntry(tx: Tx, entry: Omit<OutboxEntry, 'attempts'>): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      id: entry.id,
      pool_id: entry.poolId,
      sub: entry.sub,
      channel: entry.channel,
      trigger: entry.trigger,
      payload: entry.payload,
      attempts: 0,
      next_attempt_at: entry.createdAt,
      last_error: null,
      created_at: entry.createdAt,
    })
    .execute()
}

type Claim = {
  readonly channel: Lane
  readonly now: number
  /** Until when nobody else may try the claimed messages, in epoch milliseconds. */
  readonly leaseUntil: number
  readonly limit: number
  /** Users who are being sent something already: their next message waits for it. */
  readonly exceptSubs: readonly string[]
}

/** How many due messages are looked at for one that can be claimed: one user's many do not hide the next user's. */
const lookedAtForEach = 8

/**
 * Takes up to `limit` due messages, the longest due first and one for each user, of all pools: the outbox belongs to
 * the installation. The lease in the WHERE clause is the lock, so that each is taken by one process.
 */
export async function claimOutboxEntries(db: Db, { channel, now, leaseUntil, limit, exceptSubs }: Claim): Promise<OutboxEntry[]> {
  let due = db
    .selectFrom('outbox')
    .select(['id', 'sub'])
    .where('next_attempt_at', '<=', now)
    .where('channel', '=', channel)
    .orderBy('next_attempt_at')
    .orderBy('id')
    .limit(limit * lookedAtForEach)
  if (exceptSubs.length > 0) due = due.where('sub', 'not in', exceptSubs)
  const firstOfUser = new Map<string, string>()
  for (const { id, sub } of await due.execute()) if (!firstOfUser.has(sub)) firstOfUser.set(sub, id)
  const ids = [...firstOfUser.values()].slice(0, limit)
  if (ids.length === 0) return []

  const rows = await db
    .updateTable('outbox')
    .set((eb) => ({ next_attempt_at: leaseUntil, attempts: eb('attempts', '+', 1) }))
    .where('id', 'in', ids)
    .where('next_attempt_at', '<=', now)
    .returning(['id', 'pool_id', 'sub', 'channel', 'trigger', 'payload', 'attempts', 'created_at'])
    .execute()
  return rows.map((row) => ({
    id: row.id,
    poolId: row.pool_id,
    sub: row.sub,
    channel: row.channel,
    trigger: row.trigger as MessageKind,
    payload: row.payload,
    attempts: row.attempts,
    createdAt: row.created_at,
  }))
}

/** Whether a message of this channel waits that was due at `asOf`. */
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

type Key = { readonly id: string; readonly poolId: string }

export async function deleteOutboxEntry(db: Db, { id, poolId }: Key): Promise<void> {
  await db.deleteFrom('outbox').where('id', '=', id).where('pool_id', '=', poolId).execute()
}

/** Sets when to try again. Does nothing when the lease ran out and another process has taken the message. */
export async function rescheduleOutboxEntry(
  db: Db,
  { id, poolId }: Key,
  { leaseUntil, nextAttemptAt, reason }: { leaseUntil: number; nextAttemptAt: number; reason: string },
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ next_attempt_at: nextAttemptAt, last_error: reason })
    .where('id', '=', id)
    .where('pool_id', '=', poolId)
    .where('next_attempt_at', '=', leaseUntil)
    .execute()
}

/** Keeps the fact that a message was not delivered, but not what it said. */
export async function giveUpOutboxEntry(
  db: Db,
  { id, poolId }: Key,
  { leaseUntil, reason }: { leaseUntil: number; reason: string },
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ next_attempt_at: null, payload: '', last_error: reason })
    .where('id', '=', id)
    .where('pool_id', '=', poolId)
    .where('next_attempt_at', '=', leaseUntil)
    .execute()
}

/** Removes what is still to be sent to a user who is being deleted. */
export async function deleteOutboxEntriesOfUser(tx: Tx, poolId: string, sub: string): Promise<void> {
  await tx.deleteFrom('outbox').where('pool_id', '=', poolId).where('sub', '=', sub).execute()
}

/** Removes up to `limit` messages that were given up and are older than `before`; answers how many were found. */
export async function sweepOutbox(db: Db | Tx, before: number, limit: number): Promise<number> {
  const stale = await db
    .selectFrom('outbox')
    .select('id')
    .where('next_attempt_at', 'is', null)
    .where('created_at', '<', before)
    .limit(limit)
    .execute()
  const ids = stale.map((row) => row.id)
  if (ids.length > 0) await db.deleteFrom('outbox').where('id', 'in', ids).where('next_attempt_at', 'is', null).execute()
  return ids.length
}
