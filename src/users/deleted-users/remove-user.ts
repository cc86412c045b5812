import { dayMs } from '../../base/durations.ts'
import { deletedUsersOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { deleteUserRows } from '../user-removal-repository.ts'
import { readRows } from './kept-rows.ts'
import { insertKeptUser } from './kept-user-repository.ts'

export type Removed = {
  /** Until when the user can be restored, in epoch milliseconds. Undefined when the pool does not keep deleted users. */
  readonly restorableUntil: number | undefined
}

/**
 * Deletes a user that the transaction has locked. If the pool keeps deleted users, the user can be restored. For every other operation the
 * user is gone at once, in both cases.
 */
export async function removeUser(tx: Tx, pool: Pool, user: User, now: number): Promise<Removed> {
  const { keepDays } = deletedUsersOf(pool)
  if (keepDays === 0) {
    await deleteUserRows(tx, pool.id, user.sub, now)
    return { restorableUntil: undefined }
  }
  const purgeAt = now + keepDays * dayMs
  await insertKeptUser(tx, pool, { user, deletedAt: now, purgeAt, rows: await readRows(tx, pool, user) })
  await deleteUserRows(tx, pool.id, user.sub, now, { keepsAuthEvents: true })
  return { restorableUntil: purgeAt }
}
