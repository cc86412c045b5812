import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { storeUser } from '../attribute-changes.ts'
import type { User } from '../user.ts'
import { getUserByName, lockUser } from '../user-repository.ts'

/**
 * Finds the user by any of their names and stores what `change` makes of them, as they are under the lock. Throws
 * UserNotFoundException also when the user is deleted at the same moment.
 */
export async function changeUser(
  db: Db,
  pool: Pool,
  username: string,
  change: (user: User, tx: Tx) => User | Promise<User>,
): Promise<User> {
  const found = await getUserByName(db, pool, username)
  return db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, found.sub)
    if (before === undefined) throw new ApiError('UserNotFoundException', 'User does not exist.')
    const after = await change(before, tx)
    await storeUser(tx, pool, before, after)
    return after
  })
}
