import { ApiError } from '../contract/api-error.ts'
import { endsBrowserSessions } from '../pools/browser-sessions.ts'
import { nameKey, type Pool } from '../pools/pool.ts'
import { selectSchemaRules } from '../pools/schema-changes/schema-change-repository.ts'
import type { Db, Tx } from '../storage/db.ts'
import { prepareLookup } from '../storage/prepared-query.ts'
import { attributesToInsert, attributesToUpdate } from './schema-changes/stored-attributes.ts'
import { type SearchEntry, searchEntriesOf } from './search-index.ts'
import { securityStampOf } from './security-stamp.ts'
import { endSessionClients } from './session-clients/session-client-repository.ts'
import { type Alias, type AliasKind, type Attributes, aliasesOf, type User } from './user.ts'
import { fromRow, toRow } from './user-row.ts'

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * The kinds of names that find a user. If several users have a name of this spelling, the user whose kind of name stands first is found. A
 * preferred username, which is never verified, comes after those. The name of a user who was merged into another one comes last.
 */
const aliasKinds: readonly AliasKind[] = ['username', 'email', 'phone_number', 'preferred_username', 'merged']

/** Finds a user by username, active alias or `sub`. */
export async function findUserByName(db: Db | Tx, pool: Pool, name: string): Promise<User | undefined> {
  const { rows } = await selectByName(db, { poolId: pool.id, key: nameKey(pool, name) })
  const [row] = rows.sort((a, b) => aliasKinds.indexOf(a.kind) - aliasKinds.indexOf(b.kind))
  if (row !== undefined) return fromRow(row)
  return uuidShape.test(name) ? findUser(db, pool.id, name) : undefined
}

const selectByName = prepareLookup((db, { poolId, key }: { poolId: string; key: string }) =>
  db
    .selectFrom('user_alias')
    .innerJoin('user', (join) => join.onRef('user.pool_id', '=', 'user_alias.pool_id').onRef('user.sub', '=', 'user_alias.sub'))
    .selectAll('user')
    .select(selectSchemaRules)
    .select('user_alias.kind')
    .where('user_alias.pool_id', '=', poolId)
    .where('user_alias.kind', 'in', aliasKinds)
    .where('user_alias.value_key', '=', key)
    // A former username finds nobody. It is only reserved.
    .where('user_alias.free_at', 'is', null),
)

export async function findUser(db: Db | Tx, poolId: string, sub: string): Promise<User | undefined> {
  const { rows } = await selectBySub(db, { poolId, sub })
  return rows[0] && fromRow(rows[0])
}

const selectBySub = prepareLookup((db, { poolId, sub }: { poolId: string; sub: string }) =>
  db.selectFrom('user').selectAll().select(selectSchemaRules).where('pool_id', '=', poolId).where('sub', '=', sub),
)

/**
 * As `findUserByName`, for operations of administrators, who may know which users exist.
 *
 * @throws ApiError UserNotFoundException when no user has the name
 */
export async function getUserByName(db: Db | Tx, pool: Pool, name: string): Promise<User> {
  const user = await findUserByName(db, pool, name)
  if (user === undefined) throw new ApiError('UserNotFoundException', 'User does not exist.')
  return user
}

/**
 * Ends the user's sessions, and sign-ins in progress. Stores the time that `nextSignOut` computes, but without reading the user first. Where
 * that ends the sessions of browsers as well, their apps are told.
 */
export async function signOutUser(tx: Tx, pool: Pool, sub: string, now: number): Promise<void> {
  const poolId = pool.id
  await tx
    .updateTable('user')
    .set((eb) => ({
      signed_out_at: eb
        .case()
        .when('signed_out_at', '>=', now)
        .then(eb('signed_out_at', '+', 1))
        .else(now)
        .end(),
    }))
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .execute()
  if (endsBrowserSessions(pool)) await endSessionClients(tx, { poolId, sub, sid: undefined }, now)
}

/**
 * Stores the user's password in another format, such as a verifier for an imported hash. False when the stored password is no longer that
 * of `user`, or the username is another one.
 */
export async function replacePassword(
  db: Db | Tx,
  user: Pick<User, 'poolId' | 'sub' | 'username' | 'password'>,
  password: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('user')
    .set({ password })
    .where('pool_id', '=', user.poolId)
    .where('sub', '=', user.sub)
    .where('password', '=', user.password)
    .where('username', '=', user.username)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** The `sub` of the user who has the alias, or for whom it is reserved as a former username. */
export async function findOwner(db: Db | Tx, poolId: string, alias: Alias): Promise<string | undefined> {
  const row = await db
    .selectFrom('user_alias')
    .select('sub')
    .where('pool_id', '=', poolId)
    .where('kind', '=', alias.kind)
    .where('value_key', '=', alias.key)
    .executeTakeFirst()
  return row?.sub
}

/** The first of the aliases that a user has, and the `sub` of that user. The aliases are of one kind. */
export async function findFirstOwner<A extends Alias>(
  db: Db | Tx,
  poolId: string,
  aliases: readonly A[],
): Promise<{ readonly alias: A; readonly sub: string } | undefined> {
  const [first] = aliases
  if (first === undefined) return undefined
  const rows = await db
    .selectFrom('user_alias')
    .select(['value_key', 'sub'])
    .where('pool_id', '=', poolId)
    .where('kind', '=', first.kind)
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

/**
 * Reads the user, and locks the row until the transaction ends. An UPDATE that changes nothing is a row lock on both engines.
 */
export async function lockUser(tx: Tx, poolId: string, sub: string): Promise<User | undefined> {
  const row = await tx
    .updateTable('user')
    .set({ sub })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .returningAll()
    .returning(selectSchemaRules)
    .executeTakeFirst()
  return row && fromRow(row)
}

/**
 * Undefined when the user was stored; otherwise the kind of a name that another user has. `stored` are the attributes of a deleted user who
 * comes back, as they were stored.
 */
export async function insertUser(tx: Tx, pool: Pool, user: User, stored?: Attributes): Promise<AliasKind | undefined> {
  const clash = await insertAliases(tx, user, aliasesOf(pool, user))
  if (clash !== undefined) return clash
  await insertSearchEntries(tx, user, searchEntriesOf(user))
  const [attributes = user.attributes] = await attributesToInsert(tx, pool, [user], stored)
  await tx
    .insertInto('user')
    .values(toRow({ ...user, attributes }))
    .execute()
  return undefined
}

/**
 * Stores the user `after` in place of the user `before`. The caller has locked the user in this transaction. Undefined when the user was
 * stored; otherwise the kind of a name that another user has.
 */
export async function updateUser(tx: Tx, pool: Pool, before: User, after: User): Promise<AliasKind | undefined> {
  const oldAliases = aliasesOf(pool, before)
  const newAliases = aliasesOf(pool, after)
  const sameAlias = (a: Alias) => (b: Alias) => a.kind === b.kind && a.key === b.key
  await deleteAliases(
    tx,
    before,
    oldAliases.filter((old) => !newAliases.some(sameAlias(old))),
  )
  const clash = await insertAliases(
    tx,
    after,
    newAliases.filter((alias) => !oldAliases.some(sameAlias(alias))),
  )
  if (clash !== undefined) return clash
  await updateUserRow(tx, pool, before, after)
  return undefined
}

/** As `updateUser`, for a user whose names the caller has stored. */
export async function updateUserRow(tx: Tx, pool: Pool, before: User, after: User): Promise<void> {
  const oldEntries = searchEntriesOf(before)
  const newEntries = searchEntriesOf(after)
  const sameEntry = (a: SearchEntry) => (b: SearchEntry) => a.name === b.name && a.key === b.key
  await deleteSearchEntries(
    tx,
    before,
    oldEntries.filter((old) => !newEntries.some(sameEntry(old))),
  )
  await insertSearchEntries(
    tx,
    after,
    newEntries.filter((entry) => !oldEntries.some(sameEntry(entry))),
  )

  const { pool_id, sub, created_at, attributes: _attributes, ...changes } = toRow(after)
  const attributes = await attributesToUpdate(tx, pool, before, after)
  await tx
    .updateTable('user')
    .set({ ...changes, ...(attributes !== undefined && { attributes: JSON.stringify(attributes) }) })
    .where('pool_id', '=', pool_id)
    .where('sub', '=', sub)
    .execute()
  const isDisabled = before.enabled && !after.enabled
  if (isDisabled || (endsBrowserSessions(pool) && securityStampOf(before) !== securityStampOf(after))) {
    await endSessionClients(tx, { poolId: pool.id, sub: after.sub, sid: undefined }, after.updatedAt)
  }
}

async function insertAliases(tx: Tx, user: User, aliases: readonly Alias[]): Promise<AliasKind | undefined> {
  for (const { kind, key } of aliases) {
    const { numInsertedOrUpdatedRows } = await tx
      .insertInto('user_alias')
      .values({ pool_id: user.poolId, kind, value_key: key, sub: user.sub })
      .onConflict((conflict) => conflict.columns(['pool_id', 'kind', 'value_key']).doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows !== 1n) return kind
  }
  return undefined
}

async function deleteAliases(tx: Tx, user: User, aliases: readonly Alias[]): Promise<void> {
  for (const { kind, key } of aliases) {
    await tx
      .deleteFrom('user_alias')
      .where('pool_id', '=', user.poolId)
      .where('kind', '=', kind)
      .where('value_key', '=', key)
      .where('sub', '=', user.sub)
      .execute()
  }
}

async function insertSearchEntries(tx: Tx, user: User, entries: readonly SearchEntry[]): Promise<void> {
  if (entries.length === 0) return
  const rows = entries.map(({ name, key }) => ({ pool_id: user.poolId, name, value_key: key, sub: user.sub }))
  await tx.insertInto('user_attribute').values(rows).execute()
}

async function deleteSearchEntries(tx: Tx, user: User, entries: readonly SearchEntry[]): Promise<void> {
  for (const { name, key } of entries) {
    await tx
      .deleteFrom('user_attribute')
      .where('pool_id', '=', user.poolId)
      .where('name', '=', name)
      .where('value_key', '=', key)
      .where('sub', '=', user.sub)
      .execute()
  }
}
