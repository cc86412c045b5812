import type { Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { type Alias, type AliasKind, aliasesOf, isContactAttribute, type User } from '../user.ts'
import { findNamesAmong, findSubsAmong, insertUsers } from '../user-batch-repository.ts'
import type { ReadRow } from './read-row.ts'

/** What became of a row. */
export type Placed = { readonly outcome: 'SUCCEEDED' | 'SKIPPED' | 'FAILED'; readonly message: string }

/** Somebody has one of the names that were thought free: the transaction has to begin anew, and to look this time. */
export class NameTakenError extends Error {
  override readonly name = 'NameTakenError'
}

const succeeded: Placed = { outcome: 'SUCCEEDED', message: 'The import succeeded.' }
const skipped: Placed = { outcome: 'SKIPPED', message: 'The user already exists.' }

/**
 * Stores the users whose names are free, of rows of the same name the first one. Without `look` all names of others are taken to be free,
 * which is nearly always so and saves a query; throws NameTakenError when one was not.
 */
export async function placeUsers(tx: Tx, pool: Pool, rows: readonly ReadRow[], { look }: { look: boolean }): Promise<readonly Placed[]> {
  const candidates = rows.flatMap((row) => ('user' in row ? [row.user] : []))
  const names = await takenNames(tx, pool, candidates, look)
  const free: User[] = []
  const placed = rows.map((row): Placed => {
    if ('problem' in row) return { outcome: 'FAILED', message: row.problem }
    const aliases = aliasesOf(pool, row.user)
    const clash = aliases.find(names.isTaken)
    if (clash !== undefined) return refusal(pool, clash.kind)
    aliases.forEach(names.take)
    free.push(row.user)
    return succeeded
  })
  if (!(await insertUsers(tx, pool, free))) throw new NameTakenError('Somebody has one of the names.')
  return placed
}

/**
 * An address clashes with the same address only; a name that was chosen with everything that is spelled like it, because whoever asks
 * for that other user would get this one (see findTakenName).
 */
async function takenNames(tx: Tx, pool: Pool, users: readonly User[], look: boolean) {
  const keys = new Set(users.flatMap((user) => aliasesOf(pool, user).map(({ key }) => key)))
  const subsAmongKeys = await findSubsAmong(tx, pool.id, [...keys].filter(isUuid))
  const spellings = new Set<string>(subsAmongKeys)
  const aliases = new Set<string>()
  const take = (alias: Alias) => {
    spellings.add(alias.key)
    aliases.add(`${alias.kind} ${alias.key}`)
  }
  // The insertion finds clashes of one kind only. A preferred username may be spelled like a username, everything else has a form of its own.
  if (look || pool.aliasAttributes.includes('preferred_username')) {
    for (const alias of await findNamesAmong(tx, pool.id, [...keys])) take(alias)
  }
  const isTaken = (alias: Alias) => (isContactAttribute(alias.kind) ? aliases.has(`${alias.kind} ${alias.key}`) : spellings.has(alias.key))
  return { isTaken, take }
}

const isUuid = (key: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(key)

/** A user of that name exists and is left as it is; an address that is somebody's alias stays theirs. */
function refusal(pool: Pool, kind: AliasKind): Placed {
  if (kind === 'username' || (isContactAttribute(kind) && pool.usernameAttributes.includes(kind))) return skipped
  return { outcome: 'FAILED', message: `An account with the given ${kind} already exists.` }
}
