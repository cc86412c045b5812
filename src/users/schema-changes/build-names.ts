import type { Pool } from '../../pools/pool.ts'
import type { SchemaRules } from '../../pools/schema-changes/schema-rules.ts'
import type { Tx } from '../../storage/db.ts'
import { copyWeakNames } from '../merging/weak-name-repository.ts'
import { setsToWrite, type WrittenSet } from '../name-sets.ts'
import { hasForeignAddress, isSubShaped } from '../user.ts'
import { findNamesAmong, findSubsAmong } from '../user-name-repository.ts'
import { namesOf } from './name-conflicts.ts'
import { putNames } from './name-set-repository.ts'
import { lockUsers, type StoredUser } from './user-pass-repository.ts'

/**
 * Stores the names that the users will have after the change, in the set that is not valid yet. Locks the users, so that no request changes
 * them meanwhile; later requests write both sets. Returns how many users conflict.
 */
export async function buildNames(tx: Tx, pool: Pool, users: readonly StoredUser[], rules: SchemaRules): Promise<number> {
  const sets = setsToWrite(pool, rules)
  const [valid, next] = sets
  const locked = await lockUsers(
    tx,
    pool.id,
    users.filter(({ isDeleted }) => !isDeleted).map(({ sub }) => sub),
  )
  if (valid === undefined || next === undefined || locked.length === 0) return 0
  const conflicting = await storeNames(tx, next, locked)
  await copyWeakNames(
    tx,
    sets,
    locked.map(({ sub }) => sub),
  )
  for (const user of locked) {
    const isNameless = namesOf(valid.pool, user).length > 0 && namesOf(next.pool, user).length === 0
    if ((isNameless && !rules.names?.reportsNameless) || hasForeignAddress(next.pool, user)) conflicting.add(user.sub)
  }
  return conflicting.size
}

/** Returns the users who share a name with another user, or whose name is the `sub` of one. */
async function storeNames(tx: Tx, { pool }: WrittenSet, users: readonly StoredUser[]): Promise<Set<string>> {
  const wanted = users.flatMap((user) => namesOf(pool, user).map((alias) => ({ ...alias, sub: user.sub })))
  const keys = [...new Set(wanted.map(({ key }) => key))]
  // By key. The names of merged users and former usernames give way.
  const owners = new Map((await findSubsAmong(tx, pool.id, keys.filter(isSubShaped))).map((sub) => [sub, sub]))
  const own = new Set<string>()
  for (const { kind, key, sub, isReserved } of await findNamesAmong(tx, pool, keys)) {
    if (isReserved || kind === 'merged') continue
    owners.set(key, sub)
    own.add(`${kind} ${key} ${sub}`)
  }
  const conflicting = new Set<string>()
  for (const { key, sub } of wanted) {
    const owner = owners.get(key) ?? sub
    owners.set(key, owner)
    if (owner !== sub) conflicting.add(sub)
  }
  const missing = wanted.filter(({ kind, key, sub }) => owners.get(key) === sub && !own.has(`${kind} ${key} ${sub}`))
  // A request may have taken some of these names since they were looked up. The count of users is then an estimate, but never 0.
  const late = missing.length - (await putNames(tx, pool, missing))
  for (const { sub } of missing.slice(0, late)) conflicting.add(sub)
  return conflicting
}
