import type { AuditedCall } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { storeUser } from '../attribute-changes.ts'
import { writeComparedUser } from '../compared-user.ts'
import type { User } from '../user.ts'
import { getUserByName, lockUser } from '../user-repository.ts'

type Deps = {
  readonly db: Db
  /** The audit record of the call. Undefined in the public API. Not optional, so that no operation of administrators can leave it out. */
  readonly audit: AuditedCall | undefined
  /** Locks the user in place of `getLockedUser`, and refuses the call by its error. */
  readonly lock?: ((tx: Tx) => Promise<User>) | undefined
}

type Change = (user: User, tx: Tx) => User | Promise<User>

/** Finds the user by username, alias or `sub`, and changes the user as `changeFoundUser` does. */
export async function changeUser(deps: Deps, pool: Pool, username: string, change: Change): Promise<User> {
  return changeFoundUser(deps, pool, await getUserByName(deps.db, pool, username), change)
}

/**
 * Stores the result of `change`, which gets the user as read under the lock: another request may have changed the user since `found` was
 * read. The audit record names the members of the user that have other values now.
 *
 * @throws ApiError UserNotFoundException when the user was deleted in the meantime
 * @throws ApiError AliasExistsException when a new name belongs to another user
 */
export async function changeFoundUser({ db, audit, lock }: Deps, pool: Pool, found: User, change: Change): Promise<User> {
  return db.transaction().execute(async (tx) => {
    const before = await (lock?.(tx) ?? getLockedUser(tx, found))
    const after = await change(before, tx)
    await storeUser(tx, pool, before, after)
    await audit?.record(tx, { user: after, changedMembers: changedMembers(writeComparedUser(before), writeComparedUser(after)) })
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
