import { createHashSet, hashOf } from '../../base/hash-set.ts'
import type { Pool } from '../../pools/pool.ts'
import { type NameChange, type NameRules, withNames } from '../../pools/schema-changes/name-change.ts'
import { type Alias, aliasesOf } from '../user.ts'
import { type ConflictingUser, type ConflictList, createConflictList, type UserConflict } from './count-conflicts.ts'
import type { StoredUser } from './user-pass-repository.ts'

/** Finds users who would share a name after a change, or have none. It sees all users, and once more if two of them share a name. */
export type NameCheck = {
  /** Returns whether the names of the user change. */
  add(user: StoredUser): boolean
  /** Whether all users have to be added by `addAgain`. */
  findsDuplicates(): boolean
  addAgain(user: StoredUser): void
  conflicts(): readonly UserConflict[]
  /** Users without a name who do not prevent the change. */
  missing(): readonly UserConflict[]
}

type Wanted = { readonly rules: NameRules; readonly names: Pick<NameChange, 'reportsNameless'>; readonly limit: number }

/** `limit`: how many users of each conflict are kept. */
export function createNameCheck(pool: Pool, { rules, names, limit }: Wanted): NameCheck {
  const [before, after] = [withNames(pool, rules.before), withNames(pool, rules.after)]
  const seen = createHashSet()
  const duplicates = new Set<bigint>()
  const owners = new Map<string, Owner[]>()
  const nameless = createConflictList(limit)

  return {
    add(user) {
      const [old, now] = [namesOf(before, user), namesOf(after, user)]
      for (const key of new Set(now.map((alias) => alias.key))) {
        const hash = hashOf(key)
        if (!seen.add(hash)) duplicates.add(hash)
      }
      const [lost] = old
      if (lost !== undefined && now.length === 0) nameless.add('NO_NAME', lost.kind, user)
      const text = (aliases: readonly Alias[]) => aliases.map(({ kind, key }) => `${kind} ${key}`).join()
      return text(old) !== text(now)
    },
    findsDuplicates: () => duplicates.size > 0,
    addAgain(user) {
      const { sub, username, isDeleted } = user
      for (const { kind, key } of namesOf(after, user)) {
        if (!duplicates.has(hashOf(key))) continue
        const those = owners.get(key) ?? []
        those.push({ user: { sub, username, isDeleted }, kind })
        owners.set(key, those)
      }
    },
    conflicts() {
      const taken = takenNames(owners.values(), limit)
      return names.reportsNameless ? taken.all() : [...taken.all(), ...nameless.all()]
    },
    missing: () => (names.reportsNameless ? nameless.all() : []),
  }
}

/** The names by which the user signs in. Only those of an identity provider are left out. A deleted user has none. */
export const namesOf = (pool: Pool, user: StoredUser): readonly Alias[] =>
  user.isDeleted ? [] : aliasesOf(pool, user).filter(({ kind }) => kind !== 'identity')

type Owner = { readonly user: ConflictingUser; readonly kind: string }

function takenNames(owners: Iterable<readonly Owner[]>, limit: number): ConflictList {
  const taken = createConflictList(limit)
  // A user counts once for each kind of name.
  const counted = new Set<string>()
  for (const those of owners) {
    if (new Set(those.map(({ user }) => user.sub)).size < 2) continue
    for (const { user, kind } of those) {
      const id = `${kind} ${user.sub}`
      if (!counted.has(id)) taken.add('NAME_TAKEN', kind, user)
      counted.add(id)
    }
  }
  return taken
}
