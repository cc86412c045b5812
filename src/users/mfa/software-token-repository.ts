import { type SqlBool, sql } from 'kysely'
import { sealMarkLength, sealMarkStart } from '../../base/sealing-key.ts'
import { sealMark } from '../../base/secrets.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { SoftwareToken, UserKey } from './software-token.ts'

/**
 * Whether the column holds the same secret as `sealed`. The seal marks are compared (see `sealMark`), not the whole values: the secret in
 * the column may have been resealed under another master key.
 */
function hasMark(column: 'secret' | 'software_token.pending_secret', sealed: string) {
  return sql<SqlBool>`substr(${sql.ref(column)}, ${sealMarkStart + 1}, ${sealMarkLength}) = ${sealMark(sealed)}`
}

export async function findSoftwareToken(db: Db | Tx, { poolId, sub }: UserKey): Promise<SoftwareToken | undefined> {
  const row = await db
    .selectFrom('software_token')
    .select(['secret', 'pending_secret', 'device_name'])
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .executeTakeFirst()
  return row && { secret: row.secret, pendingSecret: row.pending_secret, deviceName: row.device_name }
}

/** An authenticator app that is in use. `lastStep` is the latest time step whose code was consumed. */
export type UsedSoftwareToken = {
  readonly sub: string
  /** Sealed. */
  readonly secret: string
  readonly deviceName: string | null
  readonly lastStep: number
}

/** The authenticator apps of several users, without those that no code has proven yet. */
export async function listSoftwareTokensOfUsers(
  db: Db | Tx,
  poolId: string,
  subs: readonly string[],
): Promise<readonly UsedSoftwareToken[]> {
  if (subs.length === 0) return []
  return db
    .selectFrom('software_token')
    .select(['sub', 'secret', 'device_name as deviceName', 'last_step as lastStep'])
    .where('pool_id', '=', poolId)
    .where('sub', 'in', subs)
    .where('secret', 'is not', null)
    .$narrowType<{ secret: string }>()
    .execute()
}

/** Whether the user has registered an authenticator app: a first code has proven its secret. */
export async function hasSoftwareToken(db: Db | Tx, key: UserKey): Promise<boolean> {
  return (await findSoftwareToken(db, key))?.secret != null
}

/**
 * Stores `pending`, a secret that waits for its first code. The secret in use stays. `replaced` is the waiting secret that the caller read
 * earlier; null when there was none. False when another request has stored or proven a waiting secret since then: the condition in the
 * WHERE clause is the lock.
 */
export async function setPendingSecret(
  tx: Tx,
  { poolId, sub }: UserKey,
  { pending, replaced, now }: { pending: string; replaced: string | null; now: number },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('software_token')
    .values({ pool_id: poolId, sub, secret: null, pending_secret: pending, device_name: null, last_step: 0, updated_at: now })
    .onConflict((conflict) =>
      conflict
        .columns(['pool_id', 'sub'])
        .doUpdateSet({ pending_secret: pending, updated_at: now })
        .where((eb) =>
          replaced === null ? eb('software_token.pending_secret', 'is', null) : hasMark('software_token.pending_secret', replaced),
        ),
    )
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/**
 * Stores a proven secret. It replaces both the secret in use and the one that waits for its first code. `step` is the time step of the code
 * that proved the new secret: that code is consumed.
 */
export async function putSoftwareToken(
  tx: Tx,
  { poolId, sub }: UserKey,
  { secret, deviceName, step, now }: { secret: string; deviceName: string | null; step: number; now: number },
): Promise<void> {
  const token = { secret, pending_secret: null, device_name: deviceName, last_step: step, updated_at: now }
  await tx
    .insertInto('software_token')
    .values({ pool_id: poolId, sub, ...token })
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doUpdateSet(token))
    .execute()
}

/** A proven secret, sealed. `step` is the latest time step whose code was consumed. */
export type SoftwareTokenRow = UserKey & {
  readonly secret: string
  readonly deviceName: string | null
  readonly step: number
  readonly now: number
}

/** Stores the apps of users who have just been created. */
export async function insertSoftwareTokens(tx: Tx, tokens: readonly SoftwareTokenRow[]): Promise<void> {
  if (tokens.length === 0) return
  const rows = tokens.map(({ poolId, sub, secret, deviceName, step, now }) => ({
    ...{ pool_id: poolId, sub, secret, pending_secret: null },
    ...{ device_name: deviceName, last_step: step, updated_at: now },
  }))
  await tx.insertInto('software_token').values(rows).execute()
}

/**
 * Consumes the codes of the user's app up to this time step. False when a code of this or a later step was consumed before, or when the
 * secret was replaced. So of two requests with the same code only one succeeds.
 */
export async function consumeSoftwareTokenStep(
  db: Db | Tx,
  { poolId, sub }: UserKey,
  { secret, step }: { secret: string; step: number },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('software_token')
    .set({ last_step: step })
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .where(hasMark('secret', secret))
    .where('last_step', '<', step)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

export async function deleteSoftwareToken(tx: Tx, { poolId, sub }: UserKey): Promise<void> {
  await tx.deleteFrom('software_token').where('pool_id', '=', poolId).where('sub', '=', sub).execute()
}
