import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { hidesSignUps } from '../../pools/hidden-sign-ups.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { deleteHiddenSignUpsOf } from '../expired-sign-ups/expired-sign-ups.ts'
import type { User } from '../user.ts'
import { findTakenName } from '../user-names.ts'
import { findUser, findUserByName, insertUser } from '../user-repository.ts'
import { baseOf, draftFormerUser, type ShownUser, subOf } from './former-user.ts'
import { findFormerRecords, putFormerRecords } from './former-user-repository.ts'

type Deps = { readonly db: Db; readonly clock: Clock }

/**
 * Stores a user of the former pool who is not in this pool yet, with the same `sub`. The password stays at the former pool. Undefined for a
 * user who cannot come: disabled there, deleted here, with an attribute that this pool does not allow, or with a name of another user.
 *
 * @param name what the former pool was asked for. A user who is here already, but has given this name up here, is not found by it.
 */
export async function bringUser({ db, clock }: Deps, caller: AppClientCaller, shown: ShownUser, name: string): Promise<User | undefined> {
  const { pool } = caller
  const sub = subOf(shown)
  if (sub === undefined || shown.Enabled === false) return undefined
  if ((await findUser(db, pool.id, sub)) !== undefined) return findNamed(db, pool, sub, name)
  const user = draft(pool, shown, clock.now())
  if (user === undefined || (await findFormerRecords(db, pool.id, [sub])).size > 0) return undefined
  if (hidesSignUps(caller)) await deleteHiddenSignUpsOf(db, pool, user, clock.now())
  if ((await findTakenName(db, pool, user)) !== undefined) return undefined
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
    if (other !== undefined) return findNamed(db, pool, sub, name)
    if (error === clash) return undefined
    throw error
  }
}

/** The former pool still knows names and passwords that were changed here. They must not lead to the user. */
async function findNamed(db: Db, pool: Pool, sub: string, name: string): Promise<User | undefined> {
  const named = await findUserByName(db, pool, name)
  return named?.sub === sub ? named : undefined
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
