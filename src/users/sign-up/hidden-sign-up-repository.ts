import type { Delivery } from '../../messaging/destination.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { deleteExpiredRows } from '../../storage/expired-rows.ts'

/** What later answers show for one name of a hidden sign-up. */
export type HiddenSignUp = {
  readonly poolId: string
  readonly nameHash: string
  /** Undefined where the sign-up gave no address that the pool verifies. */
  readonly delivery: Delivery | undefined
  readonly expiresAt: number
}

/** Remembers a sign-up for a name, unless one is remembered already: a user who had signed up would stay the same, too. */
export async function insertHiddenSignUp(tx: Tx, { poolId, nameHash, delivery, expiresAt }: HiddenSignUp, now: number): Promise<void> {
  const shown = { attribute: delivery?.attribute ?? null, destination: delivery?.destination ?? null, expires_at: expiresAt }
  await tx
    .insertInto('hidden_sign_up')
    .values({ pool_id: poolId, name_hash: nameHash, ...shown })
    .onConflict((conflict) => conflict.columns(['pool_id', 'name_hash']).doUpdateSet(shown).where('hidden_sign_up.expires_at', '<=', now))
    .execute()
}

/** Undefined when no sign-up is remembered for the name. */
export async function findHiddenSignUp(
  db: Db | Tx,
  { poolId, nameHash }: Pick<HiddenSignUp, 'poolId' | 'nameHash'>,
  now: number,
): Promise<Pick<HiddenSignUp, 'delivery'> | undefined> {
  const row = await db
    .selectFrom('hidden_sign_up')
    .select(['attribute', 'destination'])
    .where('pool_id', '=', poolId)
    .where('name_hash', '=', nameHash)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { attribute, destination } = row
  if (attribute === null || destination === null) return { delivery: undefined }
  return { delivery: { attribute, medium: attribute === 'email' ? 'EMAIL' : 'SMS', destination } }
}

/** Deletes up to `limit` rows that expired before the time `before`, and returns how many it found. */
export function sweepHiddenSignUps(tx: Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(tx, { table: 'hidden_sign_up', key: ['pool_id', 'name_hash'] }, before, limit)
}
