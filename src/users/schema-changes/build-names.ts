import type { Pool } from '../../pools/pool.ts'
import { type NameRules, withNames } from '../../pools/schema-changes/name-change.ts'
import type { Tx } from '../../storage/db.ts'
import { storedKind } from '../name-sets.ts'
import { namesOf } from './name-conflicts.ts'
import { copyWeakNames, findNames, putNames } from './name-set-repository.ts'
import { lockUsers, type StoredUser } from './user-pass-repository.ts'

type Options = { readonly rules: NameRules; readonly reportsNameless: boolean }

/**
 * Stores the names that the users will have after the change, in the set that is not valid yet. Locks the users, so that no request changes
 * them meanwhile; later requests write both sets. Returns how many users conflict.
 */
export async function buildNames(tx: Tx, pool: Pool, users: readonly StoredUser[], { rules, reportsNameless }: Options): Promise<number> {
  const [before, after] = [withNames(pool, rules.before), withNames(pool, rules.after)]
  const present = users.filter(({ isDeleted }) => !isDeleted).map(({ sub }) => sub)
  const locked = await lockUsers(tx, pool.id, present)
  if (locked.length === 0) return 0
  const set = { poolId: pool.id, nameSet: after.nameSet }
  const wanted = locked.flatMap((user) => namesOf(after, user).map((alias) => ({ ...alias, sub: user.sub })))
  const stored = await findNames(tx, set, [...new Set(wanted.map(({ key }) => key))])

  const owners = new Map<string, string>()
  const own = new Set<string>()
  for (const { stored: kind, key, sub, isReserved } of stored) {
    // The names of merged users and former usernames give way.
    if (isReserved || kind === storedKind(after, 'merged')) continue
    owners.set(key, sub)
    own.add(`${kind} ${key} ${sub}`)
  }
  const conflicting = new Set<string>()
  for (const { key, sub } of wanted) {
    const owner = owners.get(key) ?? sub
    owners.set(key, owner)
    if (owner !== sub) conflicting.add(sub)
  }
  const missing = wanted.filter(({ kind, key, sub }) => owners.get(key) === sub && !own.has(`${storedKind(after, kind)} ${key} ${sub}`))
  // A request may have taken a name since it was looked up.
  const late = missing.length - (await putNames(tx, set, missing))
  await copyWeakNames(tx, before, after, present)
  const isNameless = (user: StoredUser) => namesOf(before, user).length > 0 && namesOf(after, user).length === 0
  const nameless = reportsNameless ? 0 : locked.filter(isNameless).length
  return conflicting.size + late + nameless
}
