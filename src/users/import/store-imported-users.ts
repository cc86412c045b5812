import type { Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { type Alias, type AliasKind, aliasesOf, isContactAttribute, type User } from '../user.ts'
import { findNamesAmong, findSubsAmong, insertUsers } from '../user-batch-repository.ts'
import type { ImportRow } from './read-row.ts'

export type RowResult = { readonly outcome: 'SUCCEEDED' | 'SKIPPED' | 'FAILED'; readonly message: string }

/** A name that was assumed to be free is taken. Roll back the transaction, and repeat it with `checksNames`. */
export class NameTakenError extends Error {
  override readonly name = 'NameTakenError'
}

const succeeded: RowResult = { outcome: 'SUCCEEDED', message: 'The import succeeded.' }
const skipped: RowResult = { outcome: 'SKIPPED', message: 'The user already exists.' }

/**
 * Stores the users whose names are free. If several rows have the same name, only the user of the first one is stored. Without
 * `checksNames`, this function assumes that no stored user has one of the names. This is usually right and saves a query.
 * @throws NameTakenError when a stored user has one of the names after all
 */
export async function storeImportedUsers(
  tx: Tx,
  pool: Pool,
  rows: readonly ImportRow[],
  { checksNames }: { checksNames: boolean },
): Promise<readonly RowResult[]> {
  const users = rows.flatMap((row) => ('user' in row ? [row.user] : []))
  const names = await findTakenNames(tx, pool, users, checksNames)
  const free: User[] = []
  const results = rows.map((row): RowResult => {
    if ('problem' in row) return { outcome: 'FAILED', message: row.problem }
    const aliases = aliasesOf(pool, row.user)
    const clash = aliases.find(names.isTaken)
    if (clash !== undefined) return resultOfClash(pool, clash.kind)
    aliases.forEach(names.add)
    free.push(row.user)
    return succeeded
  })
  if (!(await insertUsers(tx, pool, free))) throw new NameTakenError('A user has one of the names.')
  return results
}

/**
 * An address clashes only with the same address. A username or preferred username clashes with every name that is spelled the same:
 * otherwise one name would find two users (see findTakenName).
 */
async function findTakenNames(tx: Tx, pool: Pool, users: readonly User[], checksNames: boolean) {
  const keys = new Set(users.flatMap((user) => aliasesOf(pool, user).map(({ key }) => key)))
  const subsAmongKeys = await findSubsAmong(tx, pool.id, [...keys].filter(isUuid))
  const spellings = new Set<string>(subsAmongKeys)
  const aliases = new Set<string>()
  const add = (alias: Alias) => {
    spellings.add(alias.key)
    aliases.add(`${alias.kind} ${alias.key}`)
  }
  // The insertion itself detects two equal names of the same kind, such as two usernames. Among names of different kinds, only a preferred
  // username and a username can be equal. So in a pool without preferred usernames, only `checksNames` needs this query.
  if (checksNames || pool.aliasAttributes.includes('preferred_username')) {
    for (const alias of await findNamesAmong(tx, pool.id, [...keys])) add(alias)
  }
  const isTaken = (alias: Alias) => (isContactAttribute(alias.kind) ? aliases.has(`${alias.kind} ${alias.key}`) : spellings.has(alias.key))
  return { isTaken, add }
}

const isUuid = (key: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key)

/** A row for an existing user is skipped. A row with an alias of another user fails. */
function resultOfClash(pool: Pool, kind: AliasKind): RowResult {
  if (kind === 'username' || (isContactAttribute(kind) && pool.usernameAttributes.includes(kind))) return skipped
  return { outcome: 'FAILED', message: `An account with the given ${kind} already exists.` }
}
