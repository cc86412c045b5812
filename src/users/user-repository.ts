import { ApiError } from '../contract/api-error.ts'
import { endsBrowserSessions } from '../pools/browser-sessions.ts'
import { nameKey, type Pool } from '../pools/pool.ts'
import { findSchemaRules, selectSchemaRules } from '../pools/schema-changes/schema-change-repository.ts'
import type { SchemaRules } from '../pools/schema-changes/schema-rules.ts'
import type { Db, Tx } from '../storage/db.ts'
import { prepareLookup } from '../storage/prepared-query.ts'
import { type StoredKind, storedKinds } from './name-sets.ts'
import { attributesToInsert, attributesToUpdate } from './schema-changes/stored-attributes.ts'
import { type SearchEntry, searchEntriesOf } from './search-index.ts'
import { securityStampOf } from './security-stamp.ts'
import { endSessionClients } from './session-clients/session-client-repository.ts'
import { type AliasKind, type Attributes, isSubShaped, mayChangeNames, type User } from './user.ts'
import { insertNames, replaceNames } from './user-name-repository.ts'
import { fromRow, toRow } from './user-row.ts'

/** Finds a user by username, active alias or `sub`. No name of another user can stand for a `sub`. */
export async function findUserByName(db: Db | Tx, pool: Pool, name: string): Promise<User | undefined> {
  const ofSub = isSubShaped(name) ? await findUser(db, pool.id, name) : undefined
  if (ofSub !== undefined) return ofSub
  const select = pool.nameSet === undefined ? selectByName : selectBySecondName
  const { rows } = await select(db, { poolId: pool.id, key: nameKey(pool, name) })
  const row = rows.length > 1 ? firstInOrder(rows, storedKinds(pool)) : rows[0]
  return row && fromRow(row)
}

const firstInOrder = <Row extends { readonly kind: StoredKind }>(rows: readonly Row[], order: readonly StoredKind[]) =>
  rows.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))[0]

const selectByName = prepareSelectByName(undefined)
const selectBySecondName = prepareSelectByName('second')

function prepareSelectByName(nameSet: Pool['nameSet']) {
  return prepareLookup((db, { poolId, key }: { poolId: string; key: string }) =>
    db
      .selectFrom('user_alias')
      .innerJoin('user', (join) => join.onRef('user.pool_id', '=', 'user_alias.pool_id').onRef('user.sub', '=', 'user_alias.sub'))
      .selectAll('user')
      .select(selectSchemaRules)
      .select('user_alias.kind')
      .where('user_alias.pool_id', '=', poolId)
      .where('user_alias.kind', 'in', storedKinds({ nameSet }))
      .where('user_alias.value_key', '=', key)
      // A former username is only reserved. A search by it must not find the user.
      .where('user_alias.free_at', 'is', null),
  )
}

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
 * Undefined when the user was stored; otherwise the kind of a name that another user has: then the transaction must be rolled back. `stored`
 * are the attributes of a deleted user who comes back, as they were stored.
 * @throws ApiError InvalidParameterException when a name or a value conflicts with an unfinished schema change
 */
export async function insertUser(tx: Tx, pool: Pool, user: User, stored?: Attributes): Promise<AliasKind | undefined> {
  await insertSearchEntries(tx, user, searchEntriesOf(user))
  const rules = await findSchemaRules(tx, pool)
  const clash = await insertNames(tx, pool, [user], rules)
  if (clash !== undefined) return clash
  const [attributes = user.attributes] = attributesToInsert(rules, pool, [user], stored)
  await tx
    .insertInto('user')
    .values(toRow({ ...user, attributes }))
    .execute()
  return undefined
}

/**
 * Stores the user `after` in place of the user `before`. The caller has locked the user in this transaction. Undefined when the user was
 * stored; otherwise the kind of a name that another user has.
 * @throws ApiError InvalidParameterException when a name or a value conflicts with an unfinished schema change
 */
export async function updateUser(tx: Tx, pool: Pool, before: User, after: User): Promise<AliasKind | undefined> {
  const change = { before, after }
  // Rules decide about names and attributes only, and neither can change.
  if (!mayChangeNames(before, after)) {
    await updateUserRow(tx, pool, change, undefined)
    return undefined
  }
  const rules = await findSchemaRules(tx, pool)
  const clash = await replaceNames(tx, pool, change, rules)
  if (clash === undefined) await updateUserRow(tx, pool, change, rules)
  return clash
}

/** As `updateUser`, for a user whose names the caller has stored. `rules` are those of the pool's unfinished schema change. */
export async function updateUserRow(
  tx: Tx,
  pool: Pool,
  { before, after }: { readonly before: User; readonly after: User },
  rules: SchemaRules | undefined,
): Promise<void> {
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
  const attributes = await attributesToUpdate(tx, rules, pool, { before, after })
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
