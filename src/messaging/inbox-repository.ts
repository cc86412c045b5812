import type { SelectQueryBuilder } from 'kysely'
import type { Db } from '../storage/db.ts'
import type { InboxMessageTable } from '../storage/message-tables.ts'
import type { Schema } from '../storage/schema.ts'
import type { Channel, Message } from './message.ts'

/** A message in the dev inbox. */
export type InboxMessage = { readonly id: string; readonly createdAt: number; readonly message: Message }

export type InboxFilter = {
  /** Only messages to exactly this address. */
  readonly recipient?: string
  readonly poolId?: string | undefined
  readonly channel?: Channel | undefined
  /** Only messages that are older than the one with this id. Undefined: from the newest on. */
  readonly before?: string | undefined
}

/**
 * How many messages of one pool and channel are in the inbox, and the ids of the oldest and the newest of them. One of these values changes
 * whenever such a message is added or deleted.
 */
export type InboxTally = {
  readonly poolId: string
  readonly channel: Channel
  readonly count: number
  readonly oldest: string
  readonly newest: string
}

/** Does nothing when the message is already in the inbox, so that a message that is delivered twice is shown once. */
export async function insertInboxMessage(db: Db, { id, createdAt, message }: InboxMessage): Promise<void> {
  const { poolId, channel, recipient } = message
  await db
    .insertInto('inbox_message')
    .values({ id, pool_id: poolId, channel, recipient, created_at: createdAt, message: JSON.stringify(message) })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute()
}

/** Messages, newest first. They are of all pools unless the filter names a pool, because the developer may see all pools. */
export async function listInboxMessages(db: Db, filter: InboxFilter, limit: number): Promise<InboxMessage[]> {
  const rows = await filtered(db.selectFrom('inbox_message').selectAll(), filter).orderBy('id', 'desc').limit(limit).execute()
  return rows.map((row) => ({ id: row.id, createdAt: row.created_at, message: JSON.parse(row.message) as Message }))
}

/**
 * Counts the messages in the inbox for each pool and channel, sorted by pool and then by channel.
 * @NOTE This query reads a part of each row. The inbox keeps about 10,000 rows by default.
 */
export async function tallyInbox(db: Db): Promise<InboxTally[]> {
  const rows = await filtered(db.selectFrom('inbox_message').selectAll(), {})
    .clearSelect()
    .select(({ fn }) => [
      'pool_id',
      'channel',
      fn.countAll<number | bigint | string>().as('count'),
      fn.min('id').as('oldest'),
      fn.max('id').as('newest'),
    ])
    .groupBy(['pool_id', 'channel'])
    .orderBy('pool_id')
    .orderBy('channel')
    .execute()
  return rows.map(({ pool_id, count, ...row }) => ({ ...row, poolId: pool_id, count: Number(count) }))
}

export async function findInboxMessage(db: Db, id: string): Promise<InboxMessage | undefined> {
  const row = await db.selectFrom('inbox_message').selectAll().where('id', '=', id).executeTakeFirst()
  return row && { id: row.id, createdAt: row.created_at, message: JSON.parse(row.message) as Message }
}

export async function deleteInboxMessages(db: Db): Promise<void> {
  await db.deleteFrom('inbox_message').execute()
}

/** Deletes all but about `keep` of the newest messages. @NOTE It scans the rows that it keeps, so do not call it for every message. */
export async function trimInbox(db: Db, keep: number): Promise<void> {
  const oldestKept = db
    .selectFrom('inbox_message')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .offset(keep - 1)
  await db.deleteFrom('inbox_message').where('id', '<', oldestKept).execute()
}

function filtered(
  query: SelectQueryBuilder<Schema, 'inbox_message', InboxMessageTable>,
  { recipient, poolId, channel, before }: InboxFilter,
): SelectQueryBuilder<Schema, 'inbox_message', InboxMessageTable> {
  // The messages of a deleted pool are left out: they stay in the table until the sweeper deletes them.
  let result = query.where('pool_id', 'not in', (eb) => eb.selectFrom('deleted_pool').select('id'))
  if (recipient !== undefined) result = result.where('recipient', '=', recipient)
  if (poolId !== undefined) result = result.where('pool_id', '=', poolId)
  if (channel !== undefined) result = result.where('channel', '=', channel)
  if (before !== undefined) result = result.where('id', '<', before)
  return result
}
