import { conflictOf, type SchemaRules, type ValueConflict } from '../../pools/schema-changes/schema-rules.ts'
import type { StoredUser } from './user-pass-repository.ts'

/** How many users conflict in one way, and the first of them. */
export type UserConflict = {
  readonly kind: ValueConflict
  readonly attribute: string
  readonly count: number
  readonly users: readonly Pick<StoredUser, 'sub' | 'username' | 'isDeleted'>[]
}

export type ConflictCount = {
  add(user: StoredUser): void
  /** Users who conflict with the change. */
  conflicts(): readonly UserConflict[]
  /** Users without a value that is wanted, but who do not prevent the change. */
  missing(): readonly UserConflict[]
}

const inOrder = (counts: ReadonlyMap<string, UserConflict>) =>
  [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, conflict]) => conflict)

/** Counts conflicts, and keeps the first `limit` users of each kind. */
export function countConflicts(checks: SchemaRules['checks'], limit: number): ConflictCount {
  const conflicts = new Map<string, UserConflict>()
  const missing = new Map<string, UserConflict>()
  const count = (counts: Map<string, UserConflict>, kind: ValueConflict, attribute: string, user: StoredUser) => {
    const key = `${attribute} ${kind}`
    const { count: before, users } = counts.get(key) ?? { count: 0, users: [] }
    const { sub, username, isDeleted } = user
    counts.set(key, { kind, attribute, count: before + 1, users: users.length < limit ? [...users, { sub, username, isDeleted }] : users })
  }
  return {
    add(user) {
      for (const [attribute, check] of Object.entries(checks)) {
        const value = user.attributes[attribute]
        const kind = conflictOf(check, value)
        if (kind !== undefined) count(conflicts, kind, attribute, user)
        else if (!value && check.missing === 'REPORT') count(missing, 'MISSING', attribute, user)
      }
    },
    conflicts: () => inOrder(conflicts),
    missing: () => inOrder(missing),
  }
}
