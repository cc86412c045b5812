import type { Secrets } from '../../base/secrets.ts'
import type { ImportJobKey } from '../../pools/active-import-repository.ts'
import { hasMixedNames, type Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { type Alias, type AliasKind, aliasesOf, isContactAttribute, type User } from '../user.ts'
import { findRemovedSubsAmong, insertUsers } from '../user-batch-repository.ts'
import { findAliasesAmong, findNamesAmong, findSubsAmong } from '../user-name-repository.ts'
import { findSeenNames, hashNames, insertSeenNames } from './import-name-repository.ts'
import type { ImportRow } from './read-row.ts'
import { isSub } from './records/record-context.ts'

export type RowResult = { readonly outcome: 'SUCCEEDED' | 'SKIPPED' | 'FAILED'; readonly message: string }

/** A name that was assumed to be free is taken. Roll back the transaction, and repeat it with `checksNames`. */
export class NameTakenError extends Error {
  override readonly name = 'NameTakenError'
}

const succeeded: RowResult = { outcome: 'SUCCEEDED', message: 'The import succeeded.' }
const skipped: RowResult = { outcome: 'SKIPPED', message: 'The user already exists.' }
const beingRemoved: RowResult = {
  outcome: 'FAILED',
  message: 'A user with this sub was deleted, and rows of that user are still being removed. Import the record again later.',
}

type StoreOptions = {
  readonly checksNames: boolean
  /** Whether users may have a `sub` that the file says. Otherwise each `sub` is new. */
  readonly givesSubs?: boolean
}

/**
 * Stores the users whose names are free. If several rows have the same name, only the user of the first one is stored. Without
 * `checksNames`, this function assumes that no stored user has one of the names. This is usually right and saves a query.
 * @throws NameTakenError when a stored user has one of the names after all
 */
export async function storeImportedUsers(
  tx: Tx,
  pool: Pool,
  rows: readonly ImportRow[],
  options: StoreOptions,
): Promise<readonly RowResult[]> {
  const names = await findTakenNames(tx, pool, usersOf(rows), options)
  const { results, free } = classify(pool, rows, names)
  if (!(await insertUsers(tx, pool, free))) throw new NameTakenError('A user has one of the names.')
  return results
}

/** What `storeImportedUsers` would answer. Stores only the names, so that later chunks of the same file find them. */
export async function checkImportedUsers(
  tx: Tx,
  pool: Pool,
  rows: readonly ImportRow[],
  { secrets, key }: { readonly secrets: Secrets; readonly key: ImportJobKey },
): Promise<readonly RowResult[]> {
  const users = usersOf(rows)
  const taken = await findTakenNames(tx, pool, users, { checksNames: true, givesSubs: true })
  const hashesOf = (aliases: readonly Alias[], sub?: string) =>
    hashNames(secrets, key, [...aliases.map(nameOf), ...(sub ? [`name ${sub}`] : [])])
  const seen = await findSeenNames(
    tx,
    key,
    users.flatMap((user) => hashesOf(aliasesOf(pool, user), user.sub)),
  )
  const isSeen = (hashes: readonly string[]) => hashes.some((hash) => seen.has(hash))
  const { results, free } = classify(pool, rows, {
    ...taken,
    isTaken: (alias) => taken.isTaken(alias) || isSeen(hashesOf([alias])),
    resultOfSub: (sub) => taken.resultOfSub(sub) ?? (isSeen(hashesOf([], sub)) ? skipped : undefined),
  })
  await insertSeenNames(
    tx,
    key,
    free.flatMap((user) => hashesOf(aliasesOf(pool, user), user.sub)),
  )
  return results
}

const usersOf = (rows: readonly ImportRow[]): User[] => rows.flatMap((row) => ('user' in row ? [row.user] : []))

function classify(pool: Pool, rows: readonly ImportRow[], names: TakenNames) {
  const free: User[] = []
  const results = rows.map((row): RowResult => {
    if ('problem' in row) return { outcome: 'FAILED', message: row.problem }
    const ofSub = names.resultOfSub(row.user.sub)
    if (ofSub !== undefined) return ofSub
    const aliases = aliasesOf(pool, row.user)
    const clash = aliases.find(names.isTaken)
    if (clash !== undefined) return resultOfClash(pool, clash.kind)
    aliases.forEach(names.add)
    names.addSub(row.user.sub)
    free.push(row.user)
    return succeeded
  })
  return { results, free }
}

type TakenNames = {
  isTaken(alias: Alias): boolean
  add(alias: Alias): void
  /** Why a user with this `sub` is not stored; undefined when it is free. */
  resultOfSub(sub: string): RowResult | undefined
  addSub(sub: string): void
}

/** The names that count as the same one: an address of the same kind, or a name of any other kind that is spelled the same. */
const nameOf = ({ kind, key }: Alias): string => (isContactAttribute(kind) ? `${kind} ${key}` : `name ${key}`)

/**
 * An address clashes only with the same address. A username or preferred username clashes with every name that is spelled the same:
 * otherwise one name would find two users (see findTakenName).
 */
async function findTakenNames(tx: Tx, pool: Pool, users: readonly User[], options: StoreOptions): Promise<TakenNames> {
  const { checksNames, givesSubs = false } = options
  const allAliases = users.flatMap((user) => aliasesOf(pool, user))
  const keys = new Set(allAliases.map(({ key }) => key))
  const identities = allAliases.filter(({ kind }) => kind === 'identity').map(({ key }) => key)
  const subs = givesSubs ? users.map(({ sub }) => sub) : []
  // The insertion itself detects a given `sub` that is taken.
  const found = await findSubsAmong(tx, pool.id, [...new Set([...keys, ...(checksNames ? subs : [])])].filter(isSub))
  const takenSubs = new Set(found)
  const removedSubs = await findRemovedSubsAmong(tx, pool.id, subs)
  const spellings = new Set<string>(found)
  const addresses = new Set<string>()
  const add = ({ kind, key }: Alias) => {
    spellings.add(key)
    if (isContactAttribute(kind)) addresses.add(`${kind} ${key}`)
  }
  // The insertion itself detects two equal names of the same kind, such as two usernames. Among names of different kinds, only a preferred
  // username and a username can be equal. So in a pool without preferred usernames, only `checksNames` needs this query.
  if (checksNames || pool.aliasAttributes.includes('preferred_username') || hasMixedNames(pool)) {
    for (const alias of await findNamesAmong(tx, pool, [...keys])) add(alias)
  }
  // A given `sub` can be the name of a user who was merged into another one.
  for (const { key } of await findAliasesAmong(tx, pool, 'merged', subs)) takenSubs.add(key)
  for (const alias of await findAliasesAmong(tx, pool, 'identity', identities)) add(alias)
  return {
    // Where names are mixed, an address can be another user's username.
    isTaken: (alias) =>
      isContactAttribute(alias.kind) && !hasMixedNames(pool) ? addresses.has(`${alias.kind} ${alias.key}`) : spellings.has(alias.key),
    add,
    resultOfSub: (sub) => (takenSubs.has(sub) ? skipped : removedSubs.has(sub) ? beingRemoved : undefined),
    addSub(sub) {
      takenSubs.add(sub)
      spellings.add(sub)
    },
  }
}

/** A row for an existing user is skipped. A row with an alias of another user fails. */
function resultOfClash(pool: Pool, kind: AliasKind): RowResult {
  if (kind === 'username' || (isContactAttribute(kind) && pool.usernameAttributes.includes(kind))) return skipped
  if (kind === 'identity') return { outcome: 'FAILED', message: 'One of the linked identities belongs to another user.' }
  return { outcome: 'FAILED', message: `An account with the given ${kind} already exists.` }
}
