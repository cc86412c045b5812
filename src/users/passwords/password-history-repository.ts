import { chunksOf } from '../../base/chunks.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { keepVerifierName, type PasswordOwner } from './sealed-password.ts'

/** The newest `limit` of the user's former passwords, sealed. */
export async function listFormerPasswords(
  db: Db | Tx,
  poolId: string,
  sub: string,
  limit: number,
): Promise<{ password: string; setAt: number }[]> {
  const rows = await db
    .selectFrom('password_history')
    .select(['password', 'set_at as setAt'])
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .orderBy('set_at', 'desc')
    .limit(limit)
    .execute()
  return rows
}

/** The former passwords of several users, sealed, of each user the newest first. The pool's history size limits their number. */
export async function listFormerPasswordsOfUsers(
  db: Db | Tx,
  poolId: string,
  subs: readonly string[],
): Promise<readonly { readonly sub: string; readonly password: string; readonly setAt: number }[]> {
  if (subs.length === 0) return []
  return db
    .selectFrom('password_history')
    .select(['sub', 'password', 'set_at as setAt'])
    .where('pool_id', '=', poolId)
    .where('sub', 'in', subs)
    .orderBy('sub')
    .orderBy('set_at', 'desc')
    .execute()
}

/** Stores a replaced password, and deletes all but the newest `keep`. The caller has locked the user. */
export async function insertFormerPassword(
  tx: Tx,
  former: { poolId: string; sub: string; password: string; at: number },
  keep: number,
): Promise<void> {
  const [newest] = await listFormerPasswords(tx, former.poolId, former.sub, 1)
  // Each `setAt` of a user is later than the one before, so that passwords which were replaced within one millisecond have an order.
  const setAt = Math.max(former.at, (newest?.setAt ?? 0) + 1)
  await tx
    .insertInto('password_history')
    .values({ pool_id: former.poolId, sub: former.sub, set_at: setAt, password: former.password })
    .execute()
  const kept = await listFormerPasswords(tx, former.poolId, former.sub, keep)
  const oldestKept = kept.at(-1)?.setAt ?? setAt
  await tx
    .deleteFrom('password_history')
    .where('pool_id', '=', former.poolId)
    .where('sub', '=', former.sub)
    .where('set_at', '<', oldestKept)
    .execute()
}

/** The verifiers in the history keep the username that they were made with, because the user is about to get another one. */
export async function nameHistoryVerifiers(tx: Tx, { poolId, sub, username }: PasswordOwner): Promise<void> {
  for (const { password, setAt } of await listFormerPasswordsOfUsers(tx, poolId, [sub])) {
    const named = keepVerifierName(password, username)
    if (named === password) continue
    await tx
      .updateTable('password_history')
      .set({ password: named })
      .where('pool_id', '=', poolId)
      .where('sub', '=', sub)
      .where('set_at', '=', setAt)
      .execute()
  }
}

/** Stores former passwords of users who have just been created. */
export async function insertFormerPasswords(
  tx: Tx,
  former: readonly { readonly poolId: string; readonly sub: string; readonly password: string; readonly setAt: number }[],
): Promise<void> {
  for (const some of chunksOf(former, rowsPerInsert)) {
    const rows = some.map(({ poolId, sub, password, setAt }) => ({ pool_id: poolId, sub, set_at: setAt, password }))
    await tx.insertInto('password_history').values(rows).execute()
  }
}

/** A statement has a limited number of parameters. */
const rowsPerInsert = 1_000
