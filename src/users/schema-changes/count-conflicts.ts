import { conflictOf, type SchemaRules, type ValueConflict } from '../../pools/schema-changes/schema-rules.ts'
import type { StoredUser } from './user-pass-repository.ts'

/** How many users conflict in one way, and the first of them. */
export type UserConflict = {
  readonly kind: ValueConflict | 'NAME_TAKEN' | 'NO_NAME' | 'NOT_OWN_ADDRESS'
  /** For a conflict of names: the kind of the name. */
  readonly attribute: string
  readonly count: number
  readonly users: readonly ConflictingUser[]
}

export type ConflictingUser = Pick<StoredUser, 'sub' | 'username' | 'isDeleted'>

/** Counts conflicts, and keeps the first users of each kind. */
export type ConflictList = {
  add(kind: UserConflict['kind'], attribute: string, user: ConflictingUser): void
  all(): readonly UserConflict[]
}

export function createConflictList(limit: number): ConflictList {
  const counts = new Map<string, UserConflict>()
  return {
    add(kind, attribute, user) {
      const key = `${attribute} ${kind}`
      const { count, users } = counts.get(key) ?? { count: 0, users: [] }
      const { sub, username, isDeleted } = user
      counts.set(key, { kind, attribute, count: count + 1, users: users.length < limit ? [...users, { sub, username, isDeleted }] : users })
    },
    all: () => [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, conflict]) => conflict),
  }
}

export type ConflictCount = {
  add(user: StoredUser): void
  /** Users who conflict with the change. */
  conflicts(): readonly UserConflict[]
  /** Users without a value that is wanted, but who do not prevent the change. */
  missing(): readonly UserConflict[]
}

/** Counts values that conflict, and keeps the first `limit` users of each kind. */
export function countConflicts(checks: SchemaRules['checks'], limit: number): ConflictCount {
  const conflicts = createConflictList(limit)
  const missing = createConflictList(limit)
  return {
    add(user) {
      for (const [attribute, check] of Object.entries(checks)) {
        const value = user.attributes[attribute]
        const kind = conflictOf(check, value)
        if (kind !== undefined) conflicts.add(kind, attribute, user)
        else if (!value && check.missing === 'REPORT') missing.add('MISSING', attribute, user)
      }
    },
    conflicts: conflicts.all,
    missing: missing.all,
  }
}
