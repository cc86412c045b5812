import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { findTakenName } from '../user-names.ts'
import { findUser, insertUser } from '../user-repository.ts'
import { baseOf, draftFormerUser, type ShownUser, subOf } from './former-user.ts'
import { findFormerRecords, putFormerRecords } from './former-user-repository.ts'

type Deps = { readonly db: Db; readonly clock: Clock }

/**
 * Stores a user of the former pool who is not in this pool yet, with the same `sub`. The password stays at the former pool. Undefined for a
 * user who cannot come: disabled there, deleted here, with an attribute that this pool does not allow, or with a name of another user.
 */
export async function bringUser({ db, clock }: Deps, pool: Pool, shown: ShownUser): Promise<User | undefined> {
  const sub = subOf(shown)
  if (sub === undefined || shown.Enabled === false) return undefined
  const known = await findUser(db, pool.id, sub)
  if (known !== undefined) return known
  const user = draft(pool, shown, clock.now())
  if (user === undefined || (await findTakenName(db, pool, user)) !== undefined) return undefined
  const clash = new Error('Another user has one of the names.')
  try {
    return await db.transaction().execute(async (tx) => {
      // The record of a user who was deleted here stays.
      if ((await findFormerRecords(tx, pool.id, [sub])).size > 0) return undefined
      if ((await insertUser(tx, pool, user)) !== undefined) throw clash
      await putFormerRecords(tx, pool.id, [{ sub, updatedAt: 0, seenIn: '', base: baseOf(user), hasPassword: user.password !== null }])
      return user
    })
  } catch (error) {
    // Two sign-ins may bring the same user at once: the second one finds the user of the first.
    const other = await findUser(db, pool.id, sub)
    if (other !== undefined || error === clash) return other
    throw error
  }
}

/** GetUser shows neither status nor dates. It needs a token, which only a confirmed user gets. */
function draft(pool: Pool, shown: ShownUser, now: number): User | undefined {
  try {
    return draftFormerUser(pool, { UserStatus: 'CONFIRMED', ...shown }, now).user
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}
