import type { Db, Tx } from '../../storage/db.ts'
import { prepareLookup } from '../../storage/prepared-query.ts'
import { type IdentityLogin, subjectKeyOf } from '../identity.ts'

type LoginKey = { readonly poolId: string; readonly provider: string; readonly subjectKey: string }

/** The ids of the identities that have these logins. Undefined for a login that no identity has. */
export function findOwners(db: Db | Tx, poolId: string, logins: readonly IdentityLogin[]): Promise<readonly (string | undefined)[]> {
  return Promise.all(
    logins.map(async ({ provider, subject }) => {
      const { rows } = await selectOwner(db, { poolId, provider, subjectKey: subjectKeyOf(subject) })
      return rows[0]?.identity_id
    }),
  )
}

const selectOwner = prepareLookup((db, key: LoginKey) =>
  db
    .selectFrom('identity_login')
    .select('identity_id')
    .where('identity_pool_id', '=', key.poolId)
    .where('provider', '=', key.provider)
    .where('subject_key', '=', key.subjectKey),
)

type NewIdentity = { readonly id: string; readonly poolId: string; readonly hadLogin: boolean }

export async function insertIdentity(db: Db | Tx, { id, poolId, hadLogin }: NewIdentity, now: number): Promise<void> {
  const row = { id, identity_pool_id: poolId, created_at: now, updated_at: now, disabled_at: null, had_login: hadLogin ? 1 : 0 } as const
  await db.insertInto('identity').values(row).execute()
}

/** Gives the login to the identity. False when an identity has the login already. */
export async function insertLogin(
  tx: Tx,
  { id, poolId }: { readonly id: string; readonly poolId: string },
  { provider, subject }: IdentityLogin,
  now: number,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('identity_login')
    .values({ identity_pool_id: poolId, provider, subject_key: subjectKeyOf(subject), subject, identity_id: id, created_at: now })
    .onConflict((conflict) => conflict.columns(['identity_pool_id', 'provider', 'subject_key']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** The logins of the identities, up to `limit`. */
export async function listLogins(
  db: Db | Tx,
  poolId: string,
  ids: readonly string[],
  limit: number,
): Promise<readonly (IdentityLogin & { readonly identityId: string })[]> {
  const rows = await db
    .selectFrom('identity_login')
    .select(['provider', 'subject', 'identity_id'])
    .where('identity_pool_id', '=', poolId)
    .where('identity_id', 'in', ids)
    .orderBy('provider')
    .orderBy('subject_key')
    .limit(limit)
    .execute()
  return rows.map(({ provider, subject, identity_id }) => ({ provider, subject, identityId: identity_id }))
}

/** Gives all logins of `from`, which are locked, to the locked identity `to`, and disables `from`. */
export async function mergeIdentities(tx: Tx, poolId: string, from: readonly string[], to: string, now: number): Promise<void> {
  await tx
    .updateTable('identity_login')
    .set({ identity_id: to })
    .where('identity_pool_id', '=', poolId)
    .where('identity_id', 'in', from)
    .execute()
  await tx.updateTable('identity').set({ disabled_at: now, updated_at: now }).where('id', 'in', from).execute()
}

/** Notes that the logins of the identity changed. It is no guest any more. */
export async function markLoginsChanged(tx: Tx, id: string, now: number): Promise<void> {
  await tx.updateTable('identity').set({ updated_at: now, had_login: 1 }).where('id', '=', id).execute()
}

export async function deleteLogin(tx: Tx, poolId: string, { provider, subject }: IdentityLogin): Promise<void> {
  await tx
    .deleteFrom('identity_login')
    .where('identity_pool_id', '=', poolId)
    .where('provider', '=', provider)
    .where('subject_key', '=', subjectKeyOf(subject))
    .execute()
}
