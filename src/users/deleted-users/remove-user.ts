import { dayMs } from '../../base/durations.ts'
import { deletedUsersOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { deleteUserRows } from '../user-removal-repository.ts'
import { lockUser } from '../user-repository.ts'
import { readRows } from './kept-rows.ts'
import { insertKeptUser } from './kept-user-repository.ts'

/**
 * Deletes the user, at the wish of the user or of an administrator. If the pool keeps deleted users, the user can be restored. For every
 * other operation the user is gone at once, in both cases.
 */
export async function removeUser(tx: Tx, pool: Pool, sub: string, now: number): Promise<void> {
  const { keepDays } = deletedUsersOf(pool)
  if (keepDays === 0) return deleteUserRows(tx, pool.id, sub, now)
  const user = await lockUser(tx, pool.id, sub)
  // Another call has deleted the user meanwhile.
  if (user === undefined) return
  const rows = await readRows(tx, user)
  await insertKeptUser(tx, pool, { user, deletedAt: now, purgeAt: now + keepDays * dayMs, rows })
  await deleteUserRows(tx, pool.id, sub, now, { keepsAuthEvents: true })
}
