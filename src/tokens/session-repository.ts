import type { Selectable } from 'kysely'
import type { Db, Tx } from '../storage/db.ts'
import type { SessionTable } from '../storage/schema.ts'
import type { Session } from './session.ts'

export async function insertSession(db: Db | Tx, session: Session): Promise<void> {
  await db
    .insertInto('session')
    .values({
      pool_id: session.poolId,
      sub: session.sub,
      id: session.id,
      client_id: session.clientId,
      created_at: session.createdAt,
      expires_at: session.expiresAt,
      revoked_at: session.revokedAt,
      generation: session.generation,
      rotated_at: session.rotatedAt,
    })
    .execute()
}

type SessionKey = Pick<Session, 'poolId' | 'sub' | 'id'>

export async function findSession(db: Db | Tx, key: SessionKey): Promise<Session | undefined> {
  const row = await db
    .selectFrom('session')
    .selectAll()
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    .where('id', '=', key.id)
    .executeTakeFirst()
  return row && fromRow(row)
}

export async function revokeSession(db: Db | Tx, key: SessionKey, now: number): Promise<void> {
  await db
    .updateTable('session')
    .set({ revoked_at: now })
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    .where('id', '=', key.id)
    .where('revoked_at', 'is', null)
    .execute()
}

/** False when another request rotated this generation first, or the session is over. */
export async function rotateSession(db: Db | Tx, key: SessionKey, generation: number, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('session')
    .set({ generation: generation + 1, rotated_at: now })
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    .where('id', '=', key.id)
    .where('generation', '=', generation)
    .where('revoked_at', 'is', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Removes up to `limit` sessions that ended before `before`. */
export async function sweepSessions(db: Db | Tx, before: number, limit: number): Promise<number> {
  const over = await db.selectFrom('session').select(['pool_id', 'sub', 'id']).where('expires_at', '<', before).limit(limit).execute()
  for (const { pool_id, sub, id } of over) {
    await db.deleteFrom('session').where('pool_id', '=', pool_id).where('sub', '=', sub).where('id', '=', id).execute()
  }
  return over.length
}

function fromRow(row: Selectable<SessionTable>): Session {
  return {
    poolId: row.pool_id,
    sub: row.sub,
    id: row.id,
    clientId: row.client_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    generation: row.generation,
    rotatedAt: row.rotated_at,
  }
}
