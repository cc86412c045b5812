import type { Db, Tx } from '../../storage/db.ts'

/** The newest `limit` passwords that were replaced, sealed. */
export async function listFormerPasswords(db: Db, poolId: string, sub: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('password_history')
    .select('password')
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .orderBy('set_at', 'desc')
    .limit(limit)
    .execute()
  return rows.map(({ password }) => password)
}

/** Keeps a replaced password; `at` is when it was replaced, in epoch milliseconds. */
export async function keepFormerPassword(tx: Tx, poolId: string, sub: string, password: string, at: number): Promise<void> {
  await tx
    .insertInto('password_history')
    .values({ pool_id: poolId, sub, set_at: at, password })
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub', 'set_at']).doUpdateSet({ password }))
    .execute()
}
