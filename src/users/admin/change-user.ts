import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { storeUser } from '../attribute-changes.ts'
import type { User } from '../user.ts'
import { getUserByName, lockUser } from '../user-repository.ts'

type Change = (user: User, tx: Tx) => User | Promise<User>

/** Finds the user by username, alias or `sub`, and changes the user as `changeFoundUser` does. */
export async function changeUser(db: Db, pool: Pool, username: string, change: Change): Promise<User> {
  return changeFoundUser(db, pool, await getUserByName(db, pool, username), change)
}

/**
 * Stores the result of `change`, which gets the user as read under the lock: another request may have changed the user since `found` was
 * read.
 *
 * @throws ApiError UserNotFoundException when the user was deleted in the meantime
 * @throws ApiError AliasExistsException when a new name belongs to another user
 */
export async function changeFoundUser(db: Db, pool: Pool, found: User, change: Change): Promise<User> {
  return db.transaction().execute(async (tx) => {
    const before = await getLockedUser(tx, found)
    const after = await change(before, tx)
    await storeUser(tx, pool, before, after)
    return after
  })
}

/**
 * Locks the user, and reads the current state.
 *
 * @throws ApiError UserNotFoundException when the user was deleted since `found` was read
 */
export async function getLockedUser(tx: Tx, found: User): Promise<User> {
  const user = await lockUser(tx, found.poolId, found.sub)
  if (user === undefined) throw new ApiError('UserNotFoundException', 'User does not exist.')
  return user
}
