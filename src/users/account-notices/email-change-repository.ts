import type { Selectable } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import { deleteExpiredRows } from '../../storage/expired-rows.ts'
import type { EmailChangeTable } from '../../storage/message-tables.ts'
import { type EmailChange, mostChanges, type Replaced } from './email-change.ts'

type UserKey = Pick<EmailChange, 'poolId' | 'sub'>

/** Stores the change after the user's others, in a transaction that has locked the user. False when the user has too many already. */
export async function insertEmailChange(tx: Tx, change: Omit<EmailChange, 'position'>): Promise<boolean> {
  const { poolId, sub, tokenHash, changedAt, expiresAt, replaced } = change
  const { count, last } = await tx
    .selectFrom('email_change')
    .select(({ fn }) => [fn.countAll().as('count'), fn.max('position').as('last')])
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .executeTakeFirstOrThrow()
  if (Number(count) >= mostChanges) return false
  await tx
    .insertInto('email_change')
    .values({
      pool_id: poolId,
      sub,
      position: Number(last ?? 0) + 1,
      token_hash: tokenHash,
      details: JSON.stringify(replaced),
      changed_at: changedAt,
      expires_at: expiresAt,
    })
    .execute()
  return true
}

/** Finds the change that a link with the token undoes. It may have expired. */
export async function findEmailChange(db: Db | Tx, poolId: string, tokenHash: string): Promise<EmailChange | undefined> {
  const row = await db
    .selectFrom('email_change')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('token_hash', '=', tokenHash)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Deletes the changes of the user from a position on. So their links no longer work. */
export async function deleteEmailChanges(tx: Tx, { poolId, sub }: UserKey, from = 1): Promise<void> {
  await tx.deleteFrom('email_change').where('pool_id', '=', poolId).where('sub', '=', sub).where('position', '>=', from).execute()
}

/** Deletes up to `limit` changes that expired before the time `before`. Returns how many it found. */
export function sweepEmailChanges(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'email_change', key: ['pool_id', 'sub', 'position'] }, before, limit)
}

function fromRow(row: Selectable<EmailChangeTable>): EmailChange {
  return {
    poolId: row.pool_id,
    sub: row.sub,
    position: row.position,
    tokenHash: row.token_hash,
    changedAt: row.changed_at,
    expiresAt: row.expires_at,
    replaced: JSON.parse(row.details) as Replaced,
  }
}
