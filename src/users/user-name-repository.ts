import { hasMixedNames, nameKey, type Pool } from '../pools/pool.ts'
import { schemaJustChanged } from '../pools/schema-changes/schema-change.ts'
import { findSchemaRules } from '../pools/schema-changes/schema-change-repository.ts'
import type { SchemaRules } from '../pools/schema-changes/schema-rules.ts'
import type { Db, Tx } from '../storage/db.ts'
import { kindOf, NameConflict, setsToWrite, storedKind, storedKinds, type WrittenSet } from './name-sets.ts'
import { type Alias, type AliasKind, aliasesOf, hasForeignAddress, isSubShaped, type User } from './user.ts'

/** The `sub` of the user who has the alias, or for whom it is reserved as a former username. */
export async function findOwner(db: Db | Tx, pool: Pool, alias: Alias): Promise<string | undefined> {
  const row = await db
    .selectFrom('user_alias')
    .select('sub')
    .where('pool_id', '=', pool.id)
    .where('kind', '=', storedKind(pool, alias.kind))
    .where('value_key', '=', alias.key)
    .executeTakeFirst()
  return row?.sub
}

/** The first of the aliases that a user has, and the `sub` of that user. The aliases are of one kind. */
export async function findFirstOwner<A extends Alias>(
  db: Db | Tx,
  pool: Pool,
  aliases: readonly A[],
): Promise<{ readonly alias: A; readonly sub: string } | undefined> {
  const [first] = aliases
  if (first === undefined) return undefined
  const rows = await db
    .selectFrom('user_alias')
    .select(['value_key', 'sub'])
    .where('pool_id', '=', pool.id)
    .where('kind', '=', storedKind(pool, first.kind))
    .where(
      'value_key',
      'in',
      aliases.map(({ key }) => key),
    )
    .execute()
  const subs = new Map(rows.map(({ value_key, sub }) => [value_key, sub]))
  const alias = aliases.find(({ key }) => subs.has(key))
  const sub = alias && subs.get(alias.key)
  return alias === undefined || sub === undefined ? undefined : { alias, sub }
}

/** A name of a user. `isReserved`: it is a former username. A search by it does not find the user. */
export type FoundName = Alias & { readonly sub: string; readonly isReserved: boolean }

/** The usernames and aliases in the pool whose stored form (`value_key`) is one of `keys`. Linked identities are left out. */
export async function findNamesAmong(tx: Tx, pool: Pick<Pool, 'id' | 'nameSet'>, keys: readonly string[]): Promise<readonly FoundName[]> {
  if (keys.length === 0) return []
  const rows = await tx
    .selectFrom('user_alias')
    .select(['kind', 'value_key as key', 'sub', 'free_at'])
    .where('pool_id', '=', pool.id)
    .where('kind', 'in', storedKinds(pool))
    .where('value_key', 'in', keys)
    .execute()
  return rows.map(({ kind, free_at, ...row }) => ({ ...row, kind: kindOf(kind), isReserved: free_at !== null }))
}

/** Those of the keys that are names of this kind of users of the pool. */
export async function findAliasesAmong(tx: Tx, pool: Pool, kind: AliasKind, keys: readonly string[]): Promise<readonly Alias[]> {
  if (keys.length === 0) return []
  const rows = await tx
    .selectFrom('user_alias')
    .select('value_key as key')
    .where('pool_id', '=', pool.id)
    .where('kind', '=', storedKind(pool, kind))
    .where('value_key', 'in', keys)
    .execute()
  return rows.map(({ key }) => ({ kind, key }))
}

/**
 * The sets in which the transaction stores names. The transaction has written before.
 * @throws ApiError InvalidParameterException when `pool` is older than the latest change of the schema
 */
export async function findSetsToWrite(tx: Tx, pool: Pool): Promise<readonly WrittenSet[]> {
  return setsToWrite(pool, await findSchemaRules(tx, pool))
}

/**
 * Stores the names of new users who share no name. Undefined when they were stored; otherwise the kind of a name that another user has: then
 * the transaction must be rolled back.
 * @throws ApiError InvalidParameterException when a name conflicts with an unfinished schema change, or `pool` is older than its switch
 */
export async function insertNames(
  tx: Tx,
  pool: Pool,
  users: readonly User[],
  rules: SchemaRules | undefined,
): Promise<AliasKind | undefined> {
  const sets = setsToWrite(pool, rules)
  requireValidSet(pool, sets)
  for (const set of sets) {
    for (const user of users) requireNameFits(set, undefined, user, rules)
    const rows = users.flatMap((user) => aliasesOf(set.pool, user).map((alias) => ({ ...alias, sub: user.sub })))
    const clash = await insertRows(tx, set, withoutIdentitiesAgain(set, rows), rules)
    if (clash !== undefined) return clash
  }
  return undefined
}

/**
 * Checks that the request has named new users by the settings that are valid. Otherwise they could be left without a name.
 * @throws ApiError InvalidParameterException
 */
export function requireValidSet(pool: Pool, [valid]: readonly WrittenSet[]): void {
  if (valid?.pool.nameSet !== pool.nameSet) throw schemaJustChanged()
}

/** As `insertNames`, for a user who has names already, and whose row is locked. */
export async function replaceNames(
  tx: Tx,
  pool: Pool,
  { before, after }: { readonly before: User; readonly after: User },
  rules: SchemaRules | undefined,
): Promise<AliasKind | undefined> {
  for (const set of setsToWrite(pool, rules)) {
    requireNameFits(set, before, after, rules)
    const [old, now] = [aliasesOf(set.pool, before), aliasesOf(set.pool, after)]
    const gone = old.filter((alias) => !now.some(sameAs(alias)))
    for (const alias of withoutIdentitiesAgain(set, gone)) await deleteName(tx, set.pool, after.sub, alias)
    const added = now.filter((alias) => !old.some(sameAs(alias))).map((alias) => ({ ...alias, sub: after.sub }))
    const clash = await insertRows(tx, set, withoutIdentitiesAgain(set, added), rules)
    if (clash !== undefined) return clash
  }
  return undefined
}

/**
 * Checks a new username, which `takeUsername` has stored, against the sets that are not valid.
 * @throws ApiError InvalidParameterException when it conflicts with an unfinished schema change
 */
export async function requireUsernameFits(
  tx: Tx,
  pool: Pool,
  { before, after }: { readonly before: User; readonly after: User },
  rules: SchemaRules | undefined,
): Promise<void> {
  for (const set of setsToWrite(pool, rules)) {
    if (set.role === 'valid') continue
    requireNameFits(set, before, after, rules)
    const name = { kind: 'username', key: nameKey(set.pool, after.username), sub: after.sub } as const
    if ((await findShadowing(tx, set, [name])) === undefined) continue
    throw new NameConflict(rules, set.role, 'Another user has another name that is spelled so.')
  }
}

const sameAs = (a: Alias) => (b: Alias) => a.kind === b.kind && a.key === b.key

/** Identities are in no set, so they are stored with the valid one only. */
const withoutIdentitiesAgain = <A extends Alias>({ role }: WrittenSet, aliases: readonly A[]): readonly A[] =>
  role === 'valid' ? aliases : aliases.filter(({ kind }) => kind !== 'identity')

/**
 * While a schema change is being checked, refuses what its plan reports as a conflict: a user without a name, and a foreign address as a name.
 * A user who had this conflict before the request keeps it.
 */
function requireNameFits({ pool, role }: WrittenSet, before: User | undefined, after: User, rules: SchemaRules | undefined): void {
  if (role !== 'next') return
  const was = (problem: (user: User) => boolean) => before !== undefined && problem(before)
  const isNameless = (user: User) => aliasesOf(pool, user).length === 0
  if (!rules?.names?.reportsNameless && isNameless(after) && !was(isNameless)) {
    throw new NameConflict(rules, role, 'The user would have no name to sign in with.')
  }
  const isForeign = (user: User) => hasForeignAddress(pool, user)
  if (isForeign(after) && !was(isForeign)) {
    throw new NameConflict(rules, role, 'A name in the form of an address must be an address of the user.')
  }
}

type OwnedName = Alias & { readonly sub: string }

async function insertRows(
  tx: Tx,
  set: WrittenSet,
  names: readonly OwnedName[],
  rules: SchemaRules | undefined,
): Promise<AliasKind | undefined> {
  // A user who is named by the `sub` may have no other name.
  if (names.length === 0) return undefined
  const { pool, role } = set
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user_alias')
    .values(names.map(({ kind, key, sub }) => ({ pool_id: pool.id, kind: storedKind(pool, kind), value_key: key, sub })))
    .onConflict((conflict) =>
      conflict
        .columns(['pool_id', 'kind', 'value_key'])
        // A former username of the same user.
        .doUpdateSet({ free_at: null })
        .whereRef('user_alias.sub', '=', 'excluded.sub')
        .where('user_alias.free_at', 'is not', null),
    )
    .executeTakeFirstOrThrow()
  const isClash = numInsertedOrUpdatedRows !== BigInt(names.length)
  const kind = isClash ? await findClash(tx, pool, names) : await findShadowing(tx, set, names)
  if (kind === undefined || role === 'valid') return kind
  throw new NameConflict(rules, role, `Another user has the same ${kind}, or another name that is spelled so.`)
}

/** The kind of the first of the names that another user has. */
async function findClash(tx: Tx, pool: Pool, names: readonly OwnedName[]): Promise<AliasKind> {
  for (const name of names) if ((await findOwner(tx, pool, name)) !== name.sub) return name.kind
  throw new Error('Two new users share a name.')
}

/**
 * The kind of the first of the names that is spelled like a name of another kind, or the `sub`, of another user. Where the names of a pool
 * never changed, the rules for each kind exclude that (see `requireNoAliasFormat` and `findTakenName`).
 */
async function findShadowing(tx: Tx, { pool, role }: WrittenSet, names: readonly OwnedName[]): Promise<AliasKind | undefined> {
  if (role === 'valid' && !hasMixedNames(pool)) return undefined
  const own = names.filter(({ kind }) => kind !== 'identity' && kind !== 'merged')
  const keys = own.map(({ key }) => key)
  const others = (await findNamesAmong(tx, pool, keys)).filter(({ kind, isReserved }) => kind !== 'merged' && !isReserved)
  const subs = new Set(await findSubsAmong(tx, pool.id, keys.filter(isSubShaped)))
  const isTaken = ({ key, sub }: OwnedName) =>
    others.some((other) => other.key === key && other.sub !== sub) || (subs.has(key) && key !== sub)
  return own.find(isTaken)?.kind
}

/** The elements of `subs` that are users of the pool. */
export async function findSubsAmong(db: Db | Tx, poolId: string, subs: readonly string[]): Promise<readonly string[]> {
  if (subs.length === 0) return []
  const rows = await db.selectFrom('user').select('sub').where('pool_id', '=', poolId).where('sub', 'in', subs).execute()
  return rows.map(({ sub }) => sub)
}

async function deleteName(tx: Tx, pool: Pool, sub: string, { kind, key }: Alias): Promise<void> {
  await tx
    .deleteFrom('user_alias')
    .where('pool_id', '=', pool.id)
    .where('kind', '=', storedKind(pool, kind))
    .where('value_key', '=', key)
    .where('sub', '=', sub)
    .execute()
}
