import { dayMs } from '../../base/durations.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { deleteExpiredRows } from '../../storage/expired-rows.ts'

/** A session of a user on the hosted pages, by the `sid` of its ID tokens. */
type SessionOfUser = { readonly poolId: string; readonly sub: string; readonly sid: string }

/** An app client that got tokens in a session, and is to be told when the session ends. */
export type SessionClient = SessionOfUser & {
  readonly clientId: string
  /** When the session ends at the latest, in epoch milliseconds. */
  readonly expiresAt: number
}

/** A client that is being told that the session has ended. */
export type LogoutNotice = SessionOfUser & {
  readonly clientId: string
  /** The number of attempts, the present one included. */
  readonly attempts: number
  /** When the notice is given up, in epoch milliseconds. */
  readonly expiresAt: number
  /** The time until which no other process tells the client. */
  readonly leaseUntil: number
}

/** How long the server goes on telling a client that does not answer. */
const noticeLifetimeMs = dayMs

/** Of the sessions of a user, so many are remembered for each client. It bounds what a user who signs in again and again can store. */
const mostSessions = 100

const firstAttempt = { notify_at: null, attempts: 0 } as const

/** Remembers the client. The caller has locked the user in this transaction. */
export async function insertSessionClient(tx: Tx, { poolId, sub, sid, clientId, expiresAt }: SessionClient): Promise<void> {
  await tx
    .insertInto('session_client')
    .values({ pool_id: poolId, sub, sid, client_id: clientId, expires_at: expiresAt, ...firstAttempt })
    .onConflict((conflict) =>
      // A notice that waits is dropped: since the session ended, the user has been enabled again and the client got new tokens.
      conflict.columns(['pool_id', 'sub', 'sid', 'client_id']).doUpdateSet({ expires_at: expiresAt, ...firstAttempt }),
    )
    .execute()
  await tx
    .deleteFrom('session_client')
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('client_id', '=', clientId)
    .where('sid', 'in', (over) =>
      over
        .selectFrom('session_client')
        .select('sid')
        .where('pool_id', '=', poolId)
        .where('sub', '=', sub)
        .where('client_id', '=', clientId)
        .where('notify_at', 'is', null)
        .where('sid', '!=', sid)
        .orderBy('expires_at', 'desc')
        .limit(mostSessions)
        .offset(mostSessions - 1),
    )
    .execute()
}

/** The most entries that are listed. */
const mostListed = 100

/** The clients of the user's sessions that have not ended. Those of the sessions that last longest come first, at most `mostListed`. */
export async function listSessionClients(
  db: Db,
  { poolId, sub }: Omit<SessionOfUser, 'sid'>,
  now: number,
): Promise<readonly SessionClient[]> {
  const rows = await db
    .selectFrom('session_client')
    .select(['sid', 'client_id', 'expires_at'])
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('notify_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('expires_at', 'desc')
    .limit(mostListed)
    .execute()
  return rows.map(({ sid, client_id, expires_at }) => ({ poolId, sub, sid, clientId: client_id, expiresAt: expires_at }))
}

/** Notes that the session lasts longer, because the user has signed in anew. */
export async function extendSessionClients(db: Db | Tx, { poolId, sub, sid }: SessionOfUser, expiresAt: number): Promise<void> {
  await db
    .updateTable('session_client')
    .set({ expires_at: expiresAt })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('sid', '=', sid)
    .where('notify_at', 'is', null)
    .execute()
}

/**
 * Notes that the session has ended, or all sessions of the user when `sid` is undefined. From the commit on, its clients are told. Returns
 * their ids.
 */
export async function endSessionClients(
  tx: Tx,
  { poolId, sub, sid }: Omit<SessionOfUser, 'sid'> & { readonly sid: string | undefined },
  now: number,
): Promise<readonly string[]> {
  let ending = tx
    .updateTable('session_client')
    .set({ notify_at: now, expires_at: now + noticeLifetimeMs })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('notify_at', 'is', null)
  if (sid !== undefined) ending = ending.where('sid', '=', sid)
  const rows = await ending.returning('client_id').execute()
  return rows.map(({ client_id }) => client_id)
}

type Claim = {
  readonly now: number
  readonly leaseUntil: number
  readonly limit: number
  /** The clients that are told nothing more for now. */
  readonly exceptClients: readonly string[]
}

/** How many due notices are read for each one that is claimed, so that the notices of one client do not hide those of the next. */
const candidatesPerClaim = 8

/** Claims up to `limit` due notices, at most one for each client, the longest due first. The lease in the WHERE clause is the lock. */
export async function claimLogoutNotices(db: Db, { now, leaseUntil, limit, exceptClients }: Claim): Promise<readonly LogoutNotice[]> {
  let due = db
    .selectFrom('session_client')
    .select(['pool_id', 'sub', 'sid', 'client_id', 'notify_at'])
    .where('notify_at', '<=', now)
    .orderBy('notify_at')
    .limit(limit * candidatesPerClaim)
  if (exceptClients.length > 0) due = due.where('client_id', 'not in', exceptClients)
  const rows = await due.execute()
  const firstOfClient = new Map<string, (typeof rows)[number]>()
  for (const row of rows) if (!firstOfClient.has(row.client_id)) firstOfClient.set(row.client_id, row)
  const claimed: LogoutNotice[] = []
  for (const row of [...firstOfClient.values()].slice(0, limit)) {
    const got = await db
      .updateTable('session_client')
      .set((eb) => ({ notify_at: leaseUntil, attempts: eb('attempts', '+', 1) }))
      .where('pool_id', '=', row.pool_id)
      .where('sub', '=', row.sub)
      .where('sid', '=', row.sid)
      .where('client_id', '=', row.client_id)
      .where('notify_at', '=', row.notify_at)
      .returning(['attempts', 'expires_at'])
      .executeTakeFirst()
    if (got === undefined) continue
    const { pool_id: poolId, sub, sid, client_id: clientId } = row
    claimed.push({ poolId, sub, sid, clientId, attempts: got.attempts, expiresAt: got.expires_at, leaseUntil })
  }
  return claimed
}

/** Tries the notice again at `at`. Does nothing when another process has claimed it, or the client got new tokens. */
export async function postponeLogoutNotice(db: Db, { poolId, sub, sid, clientId, leaseUntil }: LogoutNotice, at: number): Promise<void> {
  await db
    .updateTable('session_client')
    .set({ notify_at: at })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('sid', '=', sid)
    .where('client_id', '=', clientId)
    .where('notify_at', '=', leaseUntil)
    .execute()
}

/** Deletes a notice that was delivered or given up. Does nothing when another process has claimed it, or the client got new tokens. */
export async function deleteLogoutNotice(db: Db, { poolId, sub, sid, clientId, leaseUntil }: LogoutNotice): Promise<void> {
  await db
    .deleteFrom('session_client')
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('sid', '=', sid)
    .where('client_id', '=', clientId)
    .where('notify_at', '=', leaseUntil)
    .execute()
}

/** Deletes up to `limit` clients of sessions that expired before the time `before`. Returns how many it found. */
export function sweepSessionClients(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'session_client', key: ['pool_id', 'sub', 'sid', 'client_id'] }, before, limit)
}
