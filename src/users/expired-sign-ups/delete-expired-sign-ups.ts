import { listPoolsThatForget } from '../../pools/extensions/forgetful-pool-repository.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { aliasesOf, isContactAttribute, type User } from '../user.ts'
import { deleteUserRows } from '../user-removal-repository.ts'
import { findOwner, findUser, findUserByName, lockUser } from '../user-repository.ts'
import { expiredSignUpsSince, isExpiredSignUp } from './expired-sign-up.ts'
import { listExpiredSignUps } from './expired-sign-up-repository.ts'

/** By any name, as findUserByName does, but for those whose time to confirm is over: they are as good as gone. */
export async function findActiveUser(db: Db | Tx, pool: Pool, name: string, now: number): Promise<User | undefined> {
  const user = await findUserByName(db, pool, name)
  return user !== undefined && isExpiredSignUp(pool, user, now) ? undefined : user
}

/** Forgets whoever has a name that a new user is to have, and let their own time to confirm pass. Never inside a transaction. */
export async function deleteExpiredSignUpsOf(
  db: Db,
  pool: Pool,
  newcomer: Pick<User, 'sub' | 'username' | 'attributes'>,
  now: number,
): Promise<void> {
  if (expiredSignUpsSince(pool, now) === undefined) return
  for (const alias of aliasesOf(pool, newcomer)) {
    const sub = isContactAttribute(alias.kind) ? await findOwner(db, pool.id, alias) : (await findUserByName(db, pool, alias.key))?.sub
    if (sub === undefined || sub === newcomer.sub) continue
    const owner = await findUser(db, pool.id, sub)
    if (owner !== undefined && isExpiredSignUp(pool, owner, now)) await db.transaction().execute((tx) => forget(tx, pool, sub, now))
  }
}

/** Forgets up to `limit` users of all pools whose time to confirm is over; answers how many were found. */
export async function sweepExpiredSignUps(tx: Tx, now: number, limit: number): Promise<number> {
  let found = 0
  for (const pool of await listPoolsThatForget(tx)) {
    const since = expiredSignUpsSince(pool, now)
    if (since === undefined) continue
    const subs = await listExpiredSignUps(tx, pool.id, since, limit - found)
    for (const sub of subs) await forget(tx, pool, sub, now)
    found += subs.length
    if (found >= limit) break
  }
  return found
}

/** Looks again under the lock: they may have been confirmed at the last moment. */
async function forget(tx: Tx, pool: Pool, sub: string, now: number): Promise<void> {
  const user = await lockUser(tx, pool.id, sub)
  if (user !== undefined && isExpiredSignUp(pool, user, now)) await deleteUserRows(tx, pool.id, sub, now)
}
