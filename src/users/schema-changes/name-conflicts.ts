import { createHashSet, hashOf } from '../../base/hash-set.ts'
import { nameKey, type Pool } from '../../pools/pool.ts'
import { type NameRules, withNames } from '../../pools/schema-changes/name-change.ts'
import { type Alias, aliasesOf, hasForeignAddress, isSubShaped } from '../user.ts'
import { type ConflictingUser, createConflictList, type UserConflict } from './count-conflicts.ts'
import type { StoredUser } from './user-pass-repository.ts'

/** Finds users who would share a name after a change, or have none. It sees all users, and once more if two of them share a name. */
export type NameCheck = {
  /** Returns whether the names of the user change. */
  add(user: StoredUser): boolean
  /** The names that look like a `sub`, since the last call. `addTaken` those that are one. */
  takeSuspects(): readonly Suspect[]
  addTaken(suspect: Suspect): void
  /** Whether all users have to be added by `addAgain`. */
  needsAgain(): boolean
  addAgain(user: StoredUser): void
  conflicts(): readonly UserConflict[]
  /** Users without a name who do not prevent the change. */
  missing(): readonly UserConflict[]
}

/** A name that could be the `sub` of another user. */
export type Suspect = { readonly key: string; readonly kind: string; readonly user: ConflictingUser }

type Options = {
  readonly rules: NameRules
  /** The names of the pool's identity providers. */
  readonly providers: readonly string[]
  /** How many users of each conflict are kept. */
  readonly limit: number
}

/** @NOTE Names are compared by hashes of 64 bits, so that a plan for many millions of users fits into memory. */
export function createNameCheck(pool: Pool, { rules, providers, limit }: Options): NameCheck {
  const [before, after] = [withNames(pool, rules.before), withNames(pool, rules.after)]
  const seen = createHashSet()
  const duplicates = createHashSet()
  const conflicts = createConflictList(limit)
  const nameless = createConflictList(limit)
  const suspects: Suspect[] = []
  const beginnings = providers.map((name) => nameKey(after, `${name}_`))
  const isReserved = ({ kind, key }: Alias, status: StoredUser['status']) =>
    kind === 'username' && status !== 'EXTERNAL_PROVIDER' && beginnings.some((beginning) => key.startsWith(beginning))

  return {
    add(user) {
      const [old, now] = [namesOf(before, user), namesOf(after, user)]
      for (const key of new Set(now.map((alias) => alias.key))) {
        const hash = hashOf(key)
        if (!seen.add(hash)) duplicates.add(hash)
      }
      const { sub, username, isDeleted } = user
      for (const { kind, key } of now) if (isSubShaped(key) && key !== sub) suspects.push({ key, kind, user: { sub, username, isDeleted } })
      const [lost] = old
      if (lost !== undefined && now.length === 0) nameless.add('NO_NAME', lost.kind, user)
      if (!user.isDeleted && hasForeignAddress(after, user)) conflicts.add('NOT_OWN_ADDRESS', 'username', user)
      const changed = now.filter((alias) => !old.some(({ kind, key }) => kind === alias.kind && key === alias.key))
      if (changed.some((alias) => isReserved(alias, user.status))) conflicts.add('NAME_TAKEN', 'username', user)
      return changed.length > 0 || now.length !== old.length
    },
    takeSuspects: () => suspects.splice(0),
    addTaken: ({ kind, user }) => conflicts.add('NAME_TAKEN', kind, user),
    needsAgain: () => duplicates.size > 0,
    addAgain(user) {
      const taken = namesOf(after, user).filter(({ key }) => duplicates.has(hashOf(key)))
      for (const kind of new Set(taken.map((alias) => alias.kind))) conflicts.add('NAME_TAKEN', kind, user)
    },
    conflicts: () => (rules.reportsNameless ? conflicts.all() : [...conflicts.all(), ...nameless.all()]),
    missing: () => (rules.reportsNameless ? nameless.all() : []),
  }
}

/** The names by which the user signs in. Only those of an identity provider are left out. A deleted user has none. */
export const namesOf = (pool: Pool, user: StoredUser): readonly Alias[] =>
  user.isDeleted ? [] : aliasesOf(pool, user).filter(({ kind }) => kind !== 'identity')
