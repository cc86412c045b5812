import type { Selectable } from 'kysely'
import { dayMs } from '../../base/durations.ts'
import { deletedUsersOf } from '../../pools/extensions/pool-extensions.ts'
import { nameKey, type Pool } from '../../pools/pool.ts'
import { findPool, listPoolsWithKeptUsers } from '../../pools/pool-repository.ts'
import { selectSchemaRulesOfKept } from '../../pools/schema-changes/schema-change-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { runTogether } from '../../storage/run-together.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { KeptUserTable } from '../../storage/user-tables.ts'
import { deleteInvocationsWithoutUser } from '../../triggers/invocations/invocation-repository.ts'
import type { User } from '../user.ts'
import { removeRemainingRows, type UserKey } from '../user-removal-repository.ts'
import { fromRow as userFromRow } from '../user-row.ts'
import { type KeptRows, resealRows } from './kept-rows.ts'

/** A deleted user who can be restored. The times are in epoch milliseconds. */
export type KeptUser = {
  /** As the user was at the deletion. */
  readonly user: User
  readonly deletedAt: number
  readonly purgeAt: number
  readonly rows: KeptRows
}

/** Stores the archive. It takes the place of an archive with the same `sub`, which an import can bring about. */
export async function insertKeptUser(tx: Tx, pool: Pool, { user, deletedAt, purgeAt, rows }: KeptUser): Promise<void> {
  const values = { name_key: signInNameKey(pool, user), deleted_at: deletedAt, purge_at: purgeAt, rows: JSON.stringify(rows) }
  await tx
    .insertInto('kept_user')
    .values({ pool_id: pool.id, sub: user.sub, ...values })
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doUpdateSet(values))
    .execute()
}

type NamedUser = Pick<User, 'sub' | 'username' | 'attributes'>

/** In a pool with username attributes, users sign in with an address. Their username is the `sub`. */
function signInNameKey(pool: Pool, { sub, username, attributes }: NamedUser): string {
  const address = username === sub ? pool.usernameAttributes.map((name) => attributes[name]).find(Boolean) : undefined
  return nameKey(pool, address ?? username)
}

/** Stores the name by which the kept user is listed anew, after the settings of the pool that decide about names have changed. */
export async function storeNameKey(tx: Tx, pool: Pool, user: NamedUser): Promise<void> {
  await tx
    .updateTable('kept_user')
    .set({ name_key: signInNameKey(pool, user) })
    .where('pool_id', '=', pool.id)
    .where('sub', '=', user.sub)
    .execute()
}

/**
 * Takes the archive of the user away. Of several calls at the same time, only one gets it. Undefined also for a user whose time has passed
 * and whom the sweeper has not purged yet.
 */
export async function takeKeptUser(tx: Tx, pool: Pool, sub: string, now: number): Promise<KeptUser | undefined> {
  const row = await tx
    .deleteFrom('kept_user')
    .where('pool_id', '=', pool.id)
    .where('sub', '=', sub)
    .returningAll()
    .returning(selectSchemaRulesOfKept)
    .executeTakeFirst()
  const kept = row && fromRow(pool, row)
  return kept === undefined || kept.purgeAt <= now ? undefined : kept
}

/** The kept user, as at the deletion. */
export async function findKeptUser(db: Db | Tx, pool: Pool, sub: string): Promise<User | undefined> {
  const row = await db
    .selectFrom('kept_user')
    .selectAll()
    .select(selectSchemaRulesOfKept)
    .where('pool_id', '=', pool.id)
    .where('sub', '=', sub)
    .executeTakeFirst()
  return row && fromRow(pool, row).user
}

type Page = { readonly now: number; readonly name: string | undefined; readonly after: string | undefined; readonly limit: number }

/** The kept users of the pool in the order of their `sub`, or only those who signed in with the name. */
export async function listKeptUsers(db: Db, pool: Pool, { now, name, after, limit }: Page): Promise<readonly KeptUser[]> {
  let query = db
    .selectFrom('kept_user')
    .selectAll()
    .select(selectSchemaRulesOfKept)
    .where('pool_id', '=', pool.id)
    .where('purge_at', '>', now)
    .where('deleted_at', '>', now - keptMs(pool))
    .orderBy('sub')
    .limit(limit)
  if (name !== undefined) query = query.where('name_key', '=', nameKey(pool, name))
  if (after !== undefined) query = query.where('sub', '>', after)
  return (await query.execute()).map((row) => fromRow(pool, row))
}

/** How long the pool keeps deleted users at present. */
const keptMs = (pool: Pool): number => deletedUsersOf(pool).keepDays * dayMs

type KeptRow = Selectable<KeptUserTable> & { readonly schema_rules: string | null }

/** A user is purged at the time that was set at the deletion, or earlier when the pool keeps users for a shorter time by now. */
function fromRow(pool: Pool, row: KeptRow): KeptUser {
  const rows = JSON.parse(row.rows) as KeptRows
  const user = userFromRow({ ...rows.user?.[0], pool_id: row.pool_id, sub: row.sub, schema_rules: row.schema_rules } as never)
  return { user, deletedAt: row.deleted_at, purgeAt: Math.min(row.purge_at, row.deleted_at + keptMs(pool)), rows }
}

/**
 * Deletes the archive and the record of PostDeleteUser, which has the attributes of the user, and lets the sweeper delete the auth events.
 * Returns the user as at the deletion. Undefined when the user is not kept.
 */
export async function purgeKeptUser(tx: Tx, pool: Pool, sub: string, now: number): Promise<User | undefined> {
  const row = await deleteKeptUser(tx, { poolId: pool.id, sub }, now)
  if (row === undefined) return undefined
  const { user } = fromRow(pool, row)
  await runTogether(tx, deleteInvocationsWithoutUser(tx, pool.id, [nameKey(pool, user.username)]))
  return user
}

async function deleteKeptUser(tx: Tx, { poolId, sub }: UserKey, now: number): Promise<KeptRow | undefined> {
  const row = await tx
    .deleteFrom('kept_user')
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .returningAll()
    .returning(selectSchemaRulesOfKept)
    .executeTakeFirst()
  if (row !== undefined) await removeRemainingRows(tx, { poolId, sub }, now)
  return row
}

/** Purges up to `limit` users of all pools whose time has passed. Returns how many it found. */
export async function sweepKeptUsers(tx: Tx, now: number, limit: number): Promise<number> {
  let found = await purgeAll(tx, await lockDue(tx, { column: 'purge_at', last: now, limit }), now)
  for (const pool of await listPoolsWithKeptUsers(tx)) {
    if (found >= limit) break
    const due = { column: 'deleted_at', last: now - keptMs(pool), limit: limit - found, poolId: pool.id } as const
    found += await purgeAll(tx, await lockDue(tx, due), now)
  }
  return found
}

type Due = { readonly column: 'purge_at' | 'deleted_at'; readonly last: number; readonly limit: number; readonly poolId?: string }

async function lockDue(tx: Tx, { column, last, limit, poolId }: Due): Promise<readonly UserKey[]> {
  let query = tx.selectFrom('kept_user').select(['pool_id', 'sub']).where(column, '<=', last).orderBy(column).limit(limit)
  if (poolId !== undefined) query = query.where('pool_id', '=', poolId)
  const rows = await query.forUpdate().skipLocked().execute()
  return rows.map(({ pool_id, sub }) => ({ poolId: pool_id, sub }))
}

async function purgeAll(tx: Tx, users: readonly UserKey[], now: number): Promise<number> {
  for (const { poolId, sub } of users) {
    const pool = await findPool(tx, poolId)
    if (pool === undefined) await deleteKeptUser(tx, { poolId, sub }, now)
    else await purgeKeptUser(tx, pool, sub, now)
  }
  return users.length
}

export const sealedKeptUsers = sealedTable('kept_user', { key: ['pool_id', 'sub'], columns: { rows: resealRows } })
