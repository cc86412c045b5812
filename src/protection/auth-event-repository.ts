import { expressionBuilder, type Selectable } from 'kysely'
import type { Db, Tx } from '../storage/db.ts'
import type { Schema } from '../storage/schema.ts'
import type { AuthEventTable } from '../storage/user-tables.ts'
import type { AuthEvent, AuthEventFeedback } from './auth-event.ts'

export type AuthEventKey = Pick<AuthEvent, 'poolId' | 'sub' | 'id'>

/**
 * Stores the event, unless the user was deleted or has an event with this id. Locks the user's row until the commit: so either a deletion
 * of the user finds the event, or this function finds no user.
 */
export async function insertAuthEvent(db: Db | Tx, event: AuthEvent): Promise<void> {
  const row = toRow(event)
  await db
    .insertInto('auth_event')
    .columns(columns)
    .expression(selectUser(db, event).select(valuesOf(row)).forKeyShare())
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub', 'id']).doNothing())
    .execute()
}

/**
 * Stores the event of a user. For a decoy it does the same work and stores nothing, because the duration must not reveal whether the user
 * exists.
 */
export async function insertOrSimulateAuthEvent(tx: Tx, isUser: boolean, event: AuthEvent): Promise<void> {
  await (isUser ? insertAuthEvent(tx, event) : insertForDecoy(tx, event))
  await deleteAuthEvent(tx, isUser ? { ...event, id: 'none' } : event)
}

/** The username of the event's user. Undefined when there is no such user. */
export async function findUsernameOf(db: Db | Tx, key: AuthEventKey): Promise<string | undefined> {
  return (await selectUser(db, key).select('username').executeTakeFirst())?.username
}

/** Looks for the user as `insertAuthEvent` does, but stores the event when there is no such user. The caller deletes the event again. */
async function insertForDecoy(tx: Tx, event: AuthEvent): Promise<void> {
  const row = toRow(event)
  await tx
    .insertInto('auth_event')
    .columns(columns)
    .expression(tx.selectNoFrom(valuesOf(row)).where(({ not, exists }) => not(exists(selectUser(tx, event).select('sub')))))
    .execute()
}

type Row = Selectable<AuthEventTable>

const columns = ['pool_id', 'sub', 'id', 'type', 'response', 'created_at', 'details', 'feedback'] as const satisfies (keyof Row)[]

function valuesOf(row: Row) {
  const { val } = expressionBuilder<Schema>()
  return columns.map((column) => val(row[column]).as(column))
}

const selectUser = (db: Db | Tx, { poolId, sub }: AuthEventKey) =>
  db.selectFrom('user').where('pool_id', '=', poolId).where('sub', '=', sub)

async function deleteAuthEvent(tx: Tx, { poolId, sub, id }: AuthEventKey): Promise<void> {
  await tx.deleteFrom('auth_event').where('pool_id', '=', poolId).where('sub', '=', sub).where('id', '=', id).execute()
}

/** Replaces the user's event that has `id` with `event`, whose id may differ. The feedback stays. False when there is no such event. */
export async function replaceAuthEvent(db: Db | Tx, id: string, event: AuthEvent): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('auth_event')
    .set({ id: event.id, response: event.response, created_at: event.createdAt, details: JSON.stringify(event.details) })
    .where('pool_id', '=', event.poolId)
    .where('sub', '=', event.sub)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

export async function findAuthEvent(db: Db | Tx, { poolId, sub, id }: AuthEventKey): Promise<AuthEvent | undefined> {
  const row = await db
    .selectFrom('auth_event')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Up to `page.limit` events of the user, newest first: those that are older than the event with the id `page.after`. */
export async function listAuthEvents(
  db: Db | Tx,
  poolId: string,
  sub: string,
  page: { after: string | undefined; limit: number },
): Promise<readonly AuthEvent[]> {
  let query = db
    .selectFrom('auth_event')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .orderBy('id', 'desc')
    .limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  return (await query.execute()).map(fromRow)
}

/** Stores the feedback in place of earlier feedback. False when the user has no such event. */
export async function setFeedback(db: Db | Tx, { poolId, sub, id }: AuthEventKey, feedback: AuthEventFeedback): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('auth_event')
    .set({ feedback: JSON.stringify(feedback) })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/**
 * Deletes up to `limit` events that are older than the time `before`. Returns how many such events it found. When it found `limit` of them,
 * more may be left.
 */
export async function sweepAuthEvents(db: Db | Tx, before: number, limit: number): Promise<number> {
  const old = await db
    .selectFrom('auth_event')
    .select(['pool_id', 'sub', 'id'])
    .where('created_at', '<', before)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const { pool_id, sub, id } of old) {
    await db.deleteFrom('auth_event').where('pool_id', '=', pool_id).where('sub', '=', sub).where('id', '=', id).execute()
  }
  return old.length
}

function toRow(event: AuthEvent): Row {
  return {
    pool_id: event.poolId,
    sub: event.sub,
    id: event.id,
    type: event.type,
    response: event.response,
    created_at: event.createdAt,
    details: JSON.stringify(event.details),
    feedback: event.feedback === undefined ? null : JSON.stringify(event.feedback),
  }
}

function fromRow(row: Row): AuthEvent {
  return {
    poolId: row.pool_id,
    sub: row.sub,
    id: row.id,
    type: row.type as AuthEvent['type'],
    response: row.response as AuthEvent['response'],
    createdAt: row.created_at,
    details: JSON.parse(row.details),
    feedback: row.feedback === null ? undefined : JSON.parse(row.feedback),
  }
}
