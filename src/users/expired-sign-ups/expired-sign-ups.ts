import { hourMs } from '../../base/durations.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import { hidesSignUps } from '../../pools/hidden-sign-ups.ts'
import type { Pool } from '../../pools/pool.ts'
import { listPoolsWithExpiringSignUps } from '../../pools/pool-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { aliasesOf, isContactAttribute, type User } from '../user.ts'
import { findOwner } from '../user-name-repository.ts'
import { deleteUserRows } from '../user-removal-repository.ts'
import { findUser, findUserByName, lockUser } from '../user-repository.ts'
import { listExpiredSignUps } from './expired-sign-up-repository.ts'

/**
 * Finds a user by username, alias or `sub`, as `findUserByName` does. Undefined also for an expired sign-up: that user is treated as
 * deleted already.
 */
export async function findActiveUser(db: Db | Tx, pool: Pool, name: string, now: number): Promise<User | undefined> {
  const user = await findUserByName(db, pool, name)
  return user !== undefined && isExpiredSignUp(pool, user, now) ? undefined : user
}

/** As `findActiveUser`. Undefined also for a user who has not confirmed the sign-up, where that is hidden: no answer may show the sign-up. */
export async function findVisibleUser(db: Db, caller: AppClientCaller, name: string, now: number): Promise<User | undefined> {
  const user = await findActiveUser(db, caller.pool, name, now)
  return user?.status === 'UNCONFIRMED' && hidesSignUps(caller) ? undefined : user
}

/**
 * Deletes expired sign-ups that have a name which `user`, a new or changed user, needs. Never call it inside a transaction: it opens
 * transactions of its own.
 */
export async function deleteExpiredSignUpsOf(db: Db, pool: Pool, user: NamedUser, now: number): Promise<void> {
  if (lastExpiredSignUp(pool, now) === undefined) return
  await deleteSignUpsOf(db, pool, user, { now, givesWay: (owner) => isExpiredSignUp(pool, owner, now) })
}

/**
 * Deletes sign-ups that are not confirmed and have a name which `user` needs, whom another system knows. Only where sign-ups are hidden:
 * there such a sign-up looks like no user, and would otherwise keep the user of the other system away. A user that an administrator disabled
 * stays. Never call it inside a transaction: it opens transactions of its own.
 */
export async function deleteHiddenSignUpsOf(db: Db, pool: Pool, user: NamedUser, now: number): Promise<void> {
  await deleteSignUpsOf(db, pool, user, { now, givesWay: ({ status, enabled }) => status === 'UNCONFIRMED' && enabled })
}

type NamedUser = Pick<User, 'sub' | 'username' | 'attributes'>
type GivesWay = (owner: Pick<User, 'status' | 'enabled' | 'createdAt'>) => boolean

async function deleteSignUpsOf(
  db: Db,
  pool: Pool,
  user: NamedUser,
  { now, givesWay }: { readonly now: number; readonly givesWay: GivesWay },
): Promise<void> {
  for (const alias of aliasesOf(pool, user)) {
    const sub = isContactAttribute(alias.kind) ? await findOwner(db, pool, alias) : (await findUserByName(db, pool, alias.key))?.sub
    // A user is read for a free name as well: otherwise the time that this takes would tell which names are taken.
    const owner = await findUser(db, pool.id, sub ?? user.sub)
    if (sub === undefined || sub === user.sub) continue
    if (owner !== undefined && givesWay(owner)) await db.transaction().execute((tx) => deleteIf(tx, pool, sub, { now, givesWay }))
  }
}

/** Deletes up to `limit` expired sign-ups of all pools. Returns how many it found. */
export async function sweepExpiredSignUps(tx: Tx, now: number, limit: number): Promise<number> {
  let found = 0
  for (const pool of await listPoolsWithExpiringSignUps(tx)) {
    const last = lastExpiredSignUp(pool, now)
    if (last === undefined) continue
    const subs = await listExpiredSignUps(tx, pool.id, last, limit - found)
    const givesWay: GivesWay = (user) => isExpiredSignUp(pool, user, now)
    for (const sub of subs) await deleteIf(tx, pool, sub, { now, givesWay })
    found += subs.length
    if (found >= limit) break
  }
  return found
}

/** Deletes the user. Checks again, under the lock, that the user gives way: the user may have been confirmed at the last moment. */
async function deleteIf(
  tx: Tx,
  pool: Pool,
  sub: string,
  { now, givesWay }: { readonly now: number; readonly givesWay: GivesWay },
): Promise<void> {
  const user = await lockUser(tx, pool.id, sub)
  if (user !== undefined && givesWay(user)) await deleteUserRows(tx, pool.id, sub, now)
}

/**
 * Only SignUp creates users who are UNCONFIRMED, so no other user ever expires. A user that an administrator disabled does not expire
 * either: deleting the user would end the ban, since the same person could sign up again.
 */
function isExpiredSignUp(pool: Pick<Pool, 'extensions'>, user: Pick<User, 'status' | 'enabled' | 'createdAt'>, now: number): boolean {
  const last = lastExpiredSignUp(pool, now)
  return last !== undefined && user.status === 'UNCONFIRMED' && user.enabled && user.createdAt <= last
}

/** The latest time of a sign-up that has expired by now. Undefined in a pool whose sign-ups do not expire. */
function lastExpiredSignUp(pool: Pick<Pool, 'extensions'>, now: number): number | undefined {
  const hours = extensionsOf(pool).signUp.unconfirmedLifetimeHours
  return hours === undefined ? undefined : now - hours * hourMs
}
