import type { Transaction } from 'kysely'
import type { Secrets } from '../../base/secrets.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import type { SealedTable } from '../../storage/sealed-table.ts'
import type { UserTable } from '../../storage/user-rows.ts'
import { sealedDevices } from '../devices/device.ts'
import { sealedSoftwareTokens } from '../mfa/software-token.ts'
import { kindOf, storedKind, storedKinds } from '../name-sets.ts'
import { sealedPasswords } from '../passwords/sealed-password.ts'
import { sealedRecoveryCodes } from '../recovery-codes/recovery-codes.ts'
import type { UserKey } from '../user-removal-repository.ts'

/**
 * What becomes of the user's rows in a table when the user is deleted and kept. The type demands that a new table is added here.
 * - `archived`: the rows move into the archive, and come back.
 * - `computed`: they are made anew from the archive.
 * - `stays`: they stay in their table until the user is purged, or for longer.
 * - `lost`: they are deleted, and do not come back.
 */
const fates: { readonly [Table in UserTable]: 'archived' | 'computed' | 'stays' | 'lost' } = {
  user: 'archived',
  // Only the names of merged users, and former usernames. All other names are computed: the pool decides which attributes are names.
  user_alias: 'archived',
  user_attribute: 'computed',
  group_member: 'archived',
  password_history: 'archived',
  software_token: 'archived',
  recovery_code_set: 'archived',
  passkey: 'archived',
  device: 'archived',
  former_member: 'archived',
  former_user: 'stays',
  auth_event: 'stays',
  audit_record: 'stays',
  session_client: 'stays',
  deleted_user: 'stays',
  kept_user: 'stays',
  session: 'lost',
  device_step: 'lost',
  code: 'lost',
  sign_in_link: 'lost',
  email_change: 'lost',
  trigger_invocation: 'lost',
  trigger_answer: 'lost',
  attempt: 'lost',
  outbox: 'lost',
  authorization_code: 'lost',
  device_authorization: 'lost',
}

/** The tables whose rows are archived. */
const archivedTables = (Object.keys(fates) as UserTable[]).filter((table) => fates[table] === 'archived')

type Value = string | number | null
type Row = Readonly<Record<string, Value>>
type AnySchema = Record<string, Record<string, Value>>

/** The rows of a user by table, without `pool_id` and `sub`, which are the same in all of them. */
export type KeptRows = Readonly<Partial<Record<UserTable, readonly Row[]>>>

/** Reads the rows of the user that are archived. The caller has locked the user. */
export async function readRows(tx: Tx, pool: Pool, { poolId, sub }: UserKey): Promise<KeptRows> {
  const kept: Partial<Record<UserTable, readonly Row[]>> = {}
  for (const table of archivedTables) {
    const query = anySchema(tx).selectFrom(table).selectAll().where('pool_id', '=', poolId).where('sub', '=', sub)
    const rows = table === 'user_alias' ? await readNames(tx, pool, sub) : await query.execute()
    kept[table] = rows.map(({ pool_id: _poolId, sub: _sub, ...row }) => row)
  }
  return kept
}

/** The names of merged users, and the former usernames. Their kind does not tell the set, which may be another one when they come back. */
async function readNames(tx: Tx, pool: Pool, sub: string): Promise<readonly Row[]> {
  const rows = await tx.selectFrom('user_alias').selectAll().where('pool_id', '=', pool.id).where('sub', '=', sub).execute()
  const [valid, merged] = [new Set(storedKinds(pool)), storedKind(pool, 'merged')]
  return rows
    .filter(({ kind, free_at }) => valid.has(kind) && (kind === merged || free_at !== null))
    .map((row) => ({ ...row, kind: kindOf(row.kind) }))
}

/** Stores archived rows in their table again. */
export async function insertRows(tx: Tx, { poolId, sub }: UserKey, table: UserTable, rows: readonly Row[] = []): Promise<void> {
  for (const row of rows) {
    await anySchema(tx)
      .insertInto(table)
      .values({ ...row, pool_id: poolId, sub })
      .execute()
  }
}

const anySchema = (tx: Tx) => tx as unknown as Transaction<AnySchema>

/** The tables with sealed columns among those that are archived. */
const sealedInArchive: readonly SealedTable[] = [...sealedPasswords, sealedSoftwareTokens, sealedRecoveryCodes, sealedDevices]

/** Seals the values in the archive anew, as in the tables that the rows come from. Returns the same text when nothing changed. */
export function resealRows(secrets: Secrets, text: string, { pool_id, sub }: { readonly pool_id: string; readonly sub: string }): string {
  const kept = JSON.parse(text) as KeptRows
  const changed: Record<string, readonly Row[]> = { ...kept }
  for (const sealed of sealedInArchive) {
    const rows = kept[sealed.table as UserTable] ?? []
    changed[sealed.table] = rows.map((row) => ({ ...row, ...sealed.reseal(secrets, { ...row, pool_id, sub }) }))
  }
  const result = JSON.stringify(changed)
  return result === JSON.stringify(kept) ? text : result
}
