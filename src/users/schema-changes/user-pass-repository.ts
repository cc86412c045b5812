import { isDeepStrictEqual } from 'node:util'
import type { Compilable } from 'kysely'
import type { PassCursor } from '../../pools/schema-changes/schema-change.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { runTogether } from '../../storage/run-together.ts'
import type { KeptRows } from '../deleted-users/kept-rows.ts'
import type { Attributes, UserStatus } from '../user.ts'

/** A user, or a deleted user who is kept, with the attributes as they are stored. */
export type StoredUser = {
  readonly sub: string
  readonly username: string
  readonly status: UserStatus
  readonly attributes: Attributes
  readonly isDeleted: boolean
  /** The column that holds the attributes. */
  readonly text: string
}

export type UserBatch = {
  readonly users: readonly StoredUser[]
  /** Undefined at the end of the pass. */
  readonly next: PassCursor | undefined
}

/** The next users of the pass, which goes over the users first, and then over the deleted users who are kept. */
export async function readUserBatch(db: Db, poolId: string, cursor: PassCursor | undefined, limit: number): Promise<UserBatch> {
  const { table, after } = cursor ?? { table: 'user', after: '' }
  if (table === 'user_alias') throw new Error('This part of a pass has no users.')
  const users = table === 'user' ? await readUsers(db, poolId, after, limit) : await readKeptUsers(db, poolId, after, limit)
  const last = users.at(-1)
  if (last !== undefined && users.length === limit) return { users, next: { table, after: last.sub } }
  return { users, next: table === 'user' ? { table: 'kept_user', after: '' } : undefined }
}

async function readUsers(db: Db, poolId: string, after: string, limit: number): Promise<readonly StoredUser[]> {
  const rows = await db
    .selectFrom('user')
    .select(['sub', 'username', 'status', 'attributes'])
    .where('pool_id', '=', poolId)
    .where('sub', '>', after)
    .orderBy('sub')
    .limit(limit)
    .execute()
  return rows.map(fromUserRow)
}

type UserRow = { readonly sub: string; readonly username: string; readonly status: string; readonly attributes: string }

const fromUserRow = ({ attributes: text, status, ...row }: UserRow): StoredUser => ({
  ...row,
  status: status as UserStatus,
  text,
  attributes: JSON.parse(text),
  isDeleted: false,
})

async function readKeptUsers(db: Db, poolId: string, after: string, limit: number): Promise<readonly StoredUser[]> {
  const rows = await db
    .selectFrom('kept_user')
    .select(['sub', 'rows'])
    .where('pool_id', '=', poolId)
    .where('sub', '>', after)
    .orderBy('sub')
    .limit(limit)
    .execute()
  return rows.map(fromKeptRow)
}

function fromKeptRow({ sub, rows: text }: { readonly sub: string; readonly rows: string }): StoredUser {
  const user = (JSON.parse(text) as KeptRows).user?.[0] ?? {}
  const attributes = JSON.parse(String(user['attributes'] ?? '{}')) as Attributes
  return { sub, username: String(user['username']), status: user['status'] as UserStatus, attributes, isDeleted: true, text }
}

type Convert = (stored: Attributes) => Attributes

/**
 * Stores the converted attributes of the users. If a user was changed since they were read, what the user has by now is converted. A process of
 * the release before may have stored old names, and a kept user may have been sealed with a new key only.
 */
export async function convertStored(tx: Tx, poolId: string, users: readonly StoredUser[], convert: Convert): Promise<void> {
  const [changed, statements] = conversionsOf(tx, poolId, users, convert)
  const counts = await runTogether(tx, statements)
  for (const [at, user] of changed.entries()) {
    if (counts[at] !== 0) continue
    const locked = await lockStored(tx, poolId, user)
    if (locked !== undefined) await runTogether(tx, conversionsOf(tx, poolId, [locked], convert)[1])
  }
}

/** The users whose attributes change, and the statement for each of them. It changes no row that was changed since the user was read. */
function conversionsOf(
  tx: Tx,
  poolId: string,
  users: readonly StoredUser[],
  convert: Convert,
): readonly [readonly StoredUser[], readonly Compilable[]] {
  const changed: StoredUser[] = []
  const statements: Compilable[] = []
  for (const user of users) {
    const converted = convert(user.attributes)
    if (isDeepStrictEqual(converted, user.attributes)) continue
    changed.push(user)
    statements.push(conversionOf(tx, poolId, user, JSON.stringify(converted)))
  }
  return [changed, statements]
}

function conversionOf(tx: Tx, poolId: string, { sub, isDeleted, text }: StoredUser, attributes: string): Compilable {
  if (!isDeleted) {
    return tx.updateTable('user').set({ attributes }).where('pool_id', '=', poolId).where('sub', '=', sub).where('attributes', '=', text)
  }
  const rows = JSON.parse(text) as KeptRows
  const changed = (rows.user ?? []).map((row) => ({ ...row, attributes }))
  return tx
    .updateTable('kept_user')
    .set({ rows: JSON.stringify({ ...rows, user: changed }) })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('rows', '=', text)
}

/** Those of the users who exist, locked, as they are stored by now. */
export async function lockUsers(tx: Tx, poolId: string, subs: readonly string[]): Promise<readonly StoredUser[]> {
  if (subs.length === 0) return []
  const rows = await tx
    .selectFrom('user')
    .select(['sub', 'username', 'status', 'attributes'])
    .where('pool_id', '=', poolId)
    .where('sub', 'in', subs)
    .orderBy('sub')
    .forUpdate()
    .execute()
  return rows.map(fromUserRow)
}

/** The user as stored by now, locked. Undefined when the row is gone. */
async function lockStored(tx: Tx, poolId: string, { sub, isDeleted }: StoredUser): Promise<StoredUser | undefined> {
  if (isDeleted) {
    const update = tx.updateTable('kept_user').set({ sub }).where('pool_id', '=', poolId).where('sub', '=', sub)
    const row = await update.returning(['sub', 'rows']).executeTakeFirst()
    return row && fromKeptRow(row)
  }
  const update = tx.updateTable('user').set({ sub }).where('pool_id', '=', poolId).where('sub', '=', sub)
  const row = await update.returning(['sub', 'username', 'status', 'attributes']).executeTakeFirst()
  return row && fromUserRow(row)
}
