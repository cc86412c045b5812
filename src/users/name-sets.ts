import { ApiError } from '../contract/api-error.ts'
import type { Pool } from '../pools/pool.ts'
import { withNames } from '../pools/schema-changes/name-change.ts'
import type { SchemaRules } from '../pools/schema-changes/schema-rules.ts'
import type { UserAliasTable } from '../storage/user-tables.ts'
import { type AliasKind, aliasKinds } from './user.ts'

// A pool has two sets of stored names. Only one of them finds users: `pool.nameSet` says which. A change of the settings that decide about
// names builds the other set while the pool is in use, and then switches. Until it is finished, the former set is kept up to date as well.

export type StoredKind = UserAliasTable['kind']

/** The column `kind` of a name in the valid set of the pool. Linked identities do not depend on settings, so they are in no set. */
export function storedKind({ nameSet }: Pick<Pool, 'nameSet'>, kind: AliasKind): StoredKind {
  return nameSet === undefined || kind === 'identity' ? kind : `2:${kind}`
}

export const kindOf = (stored: StoredKind): AliasKind => (stored.startsWith('2:') ? stored.slice(2) : stored) as AliasKind

/** The kinds of all names in the valid set of the pool. */
export const storedKinds = (pool: Pick<Pool, 'nameSet'>): readonly StoredKind[] => aliasKinds.map((kind) => storedKind(pool, kind))

/** A set of names to write, and the pool with the settings that decide about it. */
export type WrittenSet = {
  readonly pool: Pool
  /** `next`: a change builds this set. `former`: an undo would use it. A name must fit all sets. */
  readonly role: 'valid' | 'next' | 'former'
}

/**
 * The sets in which each write stores the names of users; the valid one is the first. `rules` decide, as the cached `pool` may be older than
 * a switch.
 * @NOTE Read the rules after the first write of the transaction, as for `attributesToInsert`.
 */
export function setsToWrite(pool: Pool, rules: SchemaRules | undefined): readonly WrittenSet[] {
  const names = rules?.names
  if (rules === undefined || names === undefined) return [{ pool, role: 'valid' }]
  const [before, after] = [withNames(pool, names.before), withNames(pool, names.after)]
  switch (rules.phase) {
    case 'checking':
      return [
        { pool: before, role: 'valid' },
        { pool: after, role: 'next' },
      ]
    case 'switched':
      return [
        { pool: after, role: 'valid' },
        { pool: before, role: 'former' },
      ]
    case 'finishing':
      return [{ pool: after, role: 'valid' }]
    case 'undoing':
      return [{ pool: before, role: 'valid' }]
  }
}

/** The error for a name that fits the settings that are valid, but not those before or after an unfinished schema change. */
export class NameConflict extends ApiError {
  constructor(rules: SchemaRules | undefined, role: WrittenSet['role'], problem: string) {
    const advice = role === 'former' ? ', which can still be undone. Finish the change first' : ''
    super('InvalidParameterException', `${problem} This conflicts with the schema change ${rules?.changeId}${advice}.`)
  }
}
