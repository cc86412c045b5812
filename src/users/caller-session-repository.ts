import type { Tx } from '../storage/db.ts'

/** Whether a session of the user was revoked or no longer exists. Sign-outs of the user are not looked at: they change the user's row. */
export async function isSessionRevoked(
  tx: Tx,
  { poolId, sub, id }: { readonly poolId: string; readonly sub: string; readonly id: string },
): Promise<boolean> {
  const row = await tx
    .selectFrom('session')
    .select('id')
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return row === undefined
}
