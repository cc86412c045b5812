import { uuidv7 } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import { passwordStorageOf } from '../../pools/extensions/pool-extensions.ts'
import type { SealedTable } from '../../storage/sealed-table.ts'
import type { Passwords } from '../../users/passwords/passwords.ts'
import { openPassword, sealPassword } from '../../users/passwords/sealed-password.ts'
import { withoutOwnName } from '../../users/passwords/verifier-name.ts'
import type { BackupRow } from '../backup-rows.ts'
import type { DescribedRows, RowPart } from './described-rows.ts'

/** Tables whose rows about users have the `sub` in plain text only. In `user`, the password is sealed for the `sub` as well. */
const renewable: ReadonlySet<string> = new Set(['user_alias', 'user_attribute', 'group_member', 'audit_record'])

/** Whether `renewRows` knows every place where the rows depend on a user's `sub`. */
export function canRenew({ parts, users }: DescribedRows): boolean {
  const known = new Set(users.map(({ pool, sub }) => keyOf(pool.id, sub)))
  return parts.every(({ table, rows }) => {
    if (table === 'user') return rows.every((row) => known.has(keyOf(row['pool_id'], row['sub'])))
    return renewable.has(table) || rows.every((row) => row['sub'] === undefined)
  })
}

type Deps = {
  readonly now: number
  readonly secrets: Secrets
  /** Their table of powers should be warm: a verifier then takes a fraction of a millisecond. */
  readonly passwords: Passwords
  readonly sealedTables: readonly SealedTable[]
}

/**
 * The rows as if they were made now. Users without a `Sub` in the file get another one, and passwords are sealed anew. So a cookie or a
 * `Session` from before the reset is worth nothing after it. Values are sealed under the present master key.
 */
export async function renewRows({ parts, users, madeAt }: DescribedRows, deps: Deps): Promise<readonly RowPart[]> {
  const { now, secrets, sealedTables } = deps
  const subs = new Map(users.filter(({ wanted }) => wanted.sub === undefined).map(({ sub }) => [sub, uuidv7(now)]))
  const shift = now - madeAt
  const renewed: RowPart[] = []
  for (const { table, rows } of parts) {
    const sealed = sealedTables.find((each) => each.table === table)
    const current = rows.map((row) => renewRow({ ...row, ...sealed?.reseal(secrets, row) }, subs, shift))
    const fresh = table === 'audit_record' ? current.map((row) => ({ ...row, id: uuidv7(Number(row['at'])) })) : current
    renewed.push({ table, rows: table === 'user' ? await withNewPasswords(users, rows, fresh, deps) : fresh })
  }
  return renewed
}

const uuids = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g
const timesOfMaking: ReadonlySet<string> = new Set(['created_at', 'updated_at', 'at'])

function renewRow(row: BackupRow, subs: ReadonlyMap<string, string>, shift: number): BackupRow {
  const renewed = Object.entries(row).map(([column, value]) => {
    if (typeof value === 'string') return [column, value.replaceAll(uuids, (found) => subs.get(found) ?? found)]
    return [column, typeof value === 'number' && timesOfMaking.has(column) ? value + shift : value]
  })
  return Object.fromEntries(renewed)
}

/** `before` are the rows as they were made, `after` the same rows renewed. */
async function withNewPasswords(
  users: DescribedRows['users'],
  before: readonly BackupRow[],
  after: readonly BackupRow[],
  deps: Pick<Deps, 'secrets' | 'passwords'>,
): Promise<readonly BackupRow[]> {
  const described = new Map(users.map((user) => [keyOf(user.pool.id, user.sub), user]))
  const rows: BackupRow[] = []
  for (const [index, row] of after.entries()) {
    const old = before[index]
    const user = old && described.get(keyOf(old['pool_id'], old['sub']))
    if (old === undefined || user === undefined) throw new Error('A row of a user is of no user of the files.')
    const { password } = user.wanted
    rows.push(password === undefined ? row : { ...row, password: await newPassword({ ...user, password }, old, row, deps) })
  }
  return rows
}

const keyOf = (poolId: unknown, sub: unknown) => `${poolId}/${sub}`

type UserWithPassword = DescribedRows['users'][number] & { readonly password: string }

/** A verifier depends on the username, which may be the `sub`, so it is computed anew. A hash depends on neither, and takes long. */
async function newPassword(
  { pool, sub, password }: UserWithPassword,
  old: BackupRow,
  row: BackupRow,
  { secrets, passwords }: Pick<Deps, 'secrets' | 'passwords'>,
): Promise<string> {
  const owner = { poolId: pool.id, sub: String(row['sub']), username: String(row['username']) }
  const stored =
    passwordStorageOf(pool) === 'ARGON2ID' ? openPassword(secrets, { poolId: pool.id, sub }, String(old['password'])) : undefined
  const sealed = stored === undefined ? await passwords.protect(pool, owner, password) : sealPassword(secrets, owner, stored)
  return withoutOwnName(sealed, owner.username)
}
