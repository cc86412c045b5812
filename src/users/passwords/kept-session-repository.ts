import type { Tx } from '../../storage/db.ts'
import type { User } from '../user.ts'

/**
 * Keeps one session of a user whose other sessions a new password has ended. `before` and `after` are the user before and after that, in
 * a transaction that has locked the user. A session that had ended before stays ended.
 */
export async function keepSession(tx: Tx, before: User, after: User, sessionId: string): Promise<void> {
  if (before.signedOutAt === after.signedOutAt) return
  await tx
    .updateTable('session')
    .set({ user_signed_out_at: after.signedOutAt })
    .where('pool_id', '=', before.poolId)
    .where('sub', '=', before.sub)
    .where('id', '=', sessionId)
    .where('user_signed_out_at', 'is not distinct from', before.signedOutAt)
    .execute()
}
