import { type SqlBool, sql } from 'kysely'
import { sealMarkLength, sealMarkStart } from '../../base/sealing-key.ts'
import { sealMark } from '../../base/secrets.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { SoftwareToken } from './software-token.ts'

/** Whether a column holds the same secret, be it sealed anew under another master key. */
function hasMark(column: 'secret' | 'software_token.pending_secret', sealed: string) {
  return sql<SqlBool>`substr(${sql.ref(column)}, ${sealMarkStart + 1}, ${sealMarkLength}) = ${sealMark(sealed)}`
}

type Key = { readonly poolId: string; readonly sub: string }

export async function findSoftwareToken(db: Db | Tx, { poolId, sub }: Key): Promise<SoftwareToken | undefined> {
  const row = await db
    .selectFrom('software_token')
    .select(['secret', 'pending_secret', 'device_name'])
    .where('pool_id', '=', poolId)
    .where('sub', '=', sub)
    .executeTakeFirst()
  return row && { secret: row.secret, pendingSecret: row.pending_secret, deviceName: row.device_name }
}

/** Whether the user has an app that has proven itself. */
export async function hasSoftwareToken(db: Db | Tx, key: Key): Promise<boolean> {
  return (await findSoftwareToken(db, key))?.secret != null
}

/**
 * Keeps a secret that waits for its first code beside the one that is in use. False when another came in its place since `replaced` was
 * read (null for none): the value in the WHERE clause is the lock.
 */
export async function setPendingSecret(
  tx: Tx,
  { poolId, sub }: Key,
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

/** The secret takes the place of whatever the user had. `step` is that of the code that proved it, which is used up by that. */
export async function putSoftwareToken(
  tx: Tx,
  { poolId, sub }: Key,
  { secret, deviceName, step, now }: { secret: string; deviceName: string | null; step: number; now: number },
): Promise<void> {
  const token = { secret, pending_secret: null, device_name: deviceName, last_step: step, updated_at: now }
  await tx
    .insertInto('software_token')
    .values({ pool_id: poolId, sub, ...token })
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub']).doUpdateSet(token))
    .execute()
}

/**
 * Uses up the codes of the user's app up to this time step. False when a code of the step, or of a later one, was used before, or the
 * secret replaced: of two requests with one code only one is served.
 */
export async function consumeSoftwareTokenStep(
  db: Db | Tx,
  { poolId, sub }: Key,
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

export async function deleteSoftwareToken(tx: Tx, { poolId, sub }: Key): Promise<void> {
  await tx.deleteFrom('software_token').where('pool_id', '=', poolId).where('sub', '=', sub).execute()
}
