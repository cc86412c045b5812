import type { PassCursor } from '../../pools/schema-changes/schema-change.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { KeptRows } from '../deleted-users/kept-rows.ts'
import type { Attributes } from '../user.ts'

/** A user, or a deleted user who is kept, with the attributes as they are stored. */
export type StoredUser = {
  readonly sub: string
  readonly username: string
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
  const users = table === 'user' ? await readUsers(db, poolId, after, limit) : await readKeptUsers(db, poolId, after, limit)
  const last = users.at(-1)
  if (last !== undefined && users.length === limit) return { users, next: { table, after: last.sub } }
  return { users, next: table === 'user' ? { table: 'kept_user', after: '' } : undefined }
}

async function readUsers(db: Db, poolId: string, after: string, limit: number): Promise<readonly StoredUser[]> {
  const rows = await db
    .selectFrom('user')
    .select(['sub', 'username', 'attributes'])
    .where('pool_id', '=', poolId)
    .where('sub', '>', after)
    .orderBy('sub')
    .limit(limit)
    .execute()
  return rows.map(({ attributes: text, ...row }) => ({ ...row, text, attributes: JSON.parse(text), isDeleted: false }))
}

async function readKeptUsers(db: Db, poolId: string, after: string, limit: number): Promise<readonly StoredUser[]> {
  const rows = await db
    .selectFrom('kept_user')
    .select(['sub', 'rows'])
    .where('pool_id', '=', poolId)
    .where('sub', '>', after)
    .orderBy('sub')
    .limit(limit)
    .execute()
  return rows.map(({ sub, rows: text }) => {
    const user = (JSON.parse(text) as KeptRows).user?.[0] ?? {}
    const attributes = JSON.parse(String(user['attributes'] ?? '{}')) as Attributes
    return { sub, username: String(user['username']), attributes, isDeleted: true, text }
  })
}

/**
 * Stores the converted attributes, unless the user was changed since they were read. A user who was changed meanwhile has been stored in the
 * converted form.
 */
export async function replaceStored(tx: Tx, poolId: string, { sub, isDeleted, text }: StoredUser, attributes: Attributes): Promise<void> {
  const converted = JSON.stringify(attributes)
  if (!isDeleted) {
    await tx
      .updateTable('user')
      .set({ attributes: converted })
      .where('pool_id', '=', poolId)
      .where('sub', '=', sub)
      .where('attributes', '=', text)
      .execute()
    return
  }
  const rows = JSON.parse(text) as KeptRows
  const user = (rows.user ?? []).map((row) => ({ ...row, attributes: converted }))
  await tx
    .updateTable('kept_user')
    .set({ rows: JSON.stringify({ ...rows, user }) })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where('rows', '=', text)
    .execute()
}
