import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { storeUser } from '../attribute-changes.ts'
import type { User } from '../user.ts'
import { getUserByName, lockUser } from '../user-repository.ts'

type Change = (user: User, tx: Tx) => User | Promise<User>

/** Finds the user by any of their names and changes them as `changeFoundUser` does. */
export async function changeUser(db: Db, pool: Pool, username: string, change: Change): Promise<User> {
  return changeFoundUser(db, pool, await getUserByName(db, pool, username), change)
}

/**
 * Stores what `change` makes of the user as they are under the lock, which need not be how they were found. Throws
 * UserNotFoundException when the user was deleted meanwhile, AliasExistsException when the change gives them somebody else's name.
 */
export async function changeFoundUser(db: Db, pool: Pool, found: User, change: Change): Promise<User> {
  return db.transaction().execute(async (tx) => {
    const before = await getLockedUser(tx, found)
    const after = await change(before, tx)
    await storeUser(tx, pool, before, after)
    return after
  })
}

/** The user as they are now, locked. Throws UserNotFoundException when they were deleted since they were found. */
export async function getLockedUser(tx: Tx, found: User): Promise<User> {
  const user = await lockUser(tx, found.poolId, found.sub)
  if (user === undefined) throw new ApiError('UserNotFoundException', 'User does not exist.')
  return user
}
