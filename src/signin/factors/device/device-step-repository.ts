import type { Db, Tx } from '../../../storage/db.ts'
import { deleteExpiredRows } from '../../../storage/expired-rows.ts'

export type DeviceStepKey = {
  readonly poolId: string
  readonly sub: string
  readonly clientId: string
  readonly deviceKey: string
}

/**
 * Stores the sealed state of a device's challenge, in place of an earlier state with the same key. `expiresAt` (epoch milliseconds) is the
 * state's expiry.
 */
export async function putDeviceStep(tx: Tx, key: DeviceStepKey, { state, expiresAt }: { state: string; expiresAt: number }): Promise<void> {
  await tx
    .insertInto('device_step')
    .values({ pool_id: key.poolId, sub: key.sub, client_id: key.clientId, device_key: key.deviceKey, state, expires_at: expiresAt })
    .onConflict((conflict) => conflict.columns(['pool_id', 'sub', 'client_id', 'device_key']).doUpdateSet({ state, expires_at: expiresAt }))
    .execute()
}

/** The sealed state under `key`. Undefined when no state is stored, or when it has expired at `now`. */
export async function findDeviceStepState(db: Db, key: DeviceStepKey, now: number): Promise<string | undefined> {
  const row = await db
    .selectFrom('device_step')
    .select('state')
    .where('pool_id', '=', key.poolId)
    .where('sub', '=', key.sub)
    .where('client_id', '=', key.clientId)
    .where('device_key', '=', key.deviceKey)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row?.state
}

/**
 * Deletes up to `limit` states that have expired at `now`. Returns how many such states it found. When it found `limit` of them, more may
 * be left.
 */
export function sweepDeviceSteps(db: Db | Tx, now: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'device_step', key: ['pool_id', 'sub', 'client_id', 'device_key'] }, now, limit)
}
