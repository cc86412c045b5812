import type { Selectable } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import type { IdentityTable } from '../../storage/identity-pool-tables.ts'
import { prepareLookup } from '../../storage/prepared-query.ts'
import type { Identity } from '../identity.ts'

function fromRow(row: Selectable<IdentityTable>): Identity {
  return {
    id: row.id,
    identityPoolId: row.identity_pool_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    disabledAt: row.disabled_at ?? undefined,
    hadLogin: row.had_login === 1,
  }
}

/** The identity, unless its pool was deleted. */
export async function findIdentityOfPool(db: Db, id: string): Promise<Identity | undefined> {
  const row = (await selectIdentity(db, { id })).rows[0]
  return row && fromRow(row)
}

const selectIdentity = prepareLookup((db, { id }: { id: string }) =>
  db
    .selectFrom('identity')
    .innerJoin('identity_pool', 'identity_pool.id', 'identity.identity_pool_id')
    .selectAll('identity')
    .where('identity.id', '=', id),
)

/** Those of the identities that exist and whose pools were not deleted, locked in the order of their ids. */
export async function lockIdentities(tx: Tx, ids: readonly string[]): Promise<readonly Identity[]> {
  const rows = await tx
    .selectFrom('identity')
    .selectAll()
    .where('id', 'in', ids)
    .where('identity_pool_id', 'in', (pools) => pools.selectFrom('identity_pool').select('identity_pool.id'))
    .orderBy('id')
    .forUpdate()
    .execute()
  return rows.map(fromRow)
}

/** Deletes identities that the transaction has locked, and their logins. */
export async function deleteLockedIdentities(tx: Tx, identities: readonly Identity[]): Promise<void> {
  if (identities.length === 0) return
  const ids = identities.map(({ id }) => id)
  const poolIds = [...new Set(identities.map(({ identityPoolId }) => identityPoolId))]
  await tx.deleteFrom('identity').where('id', 'in', ids).execute()
  await tx.deleteFrom('identity_login').where('identity_pool_id', 'in', poolIds).where('identity_id', 'in', ids).execute()
}

type Page = { readonly after: string | undefined; readonly limit: number; readonly hideDisabled: boolean }

/** The identities of the pool, ordered by id, beginning after the id `after`. */
export async function listIdentitiesOf(db: Db, poolId: string, { after, limit, hideDisabled }: Page): Promise<readonly Identity[]> {
  let query = db.selectFrom('identity').selectAll().where('identity_pool_id', '=', poolId).orderBy('id').limit(limit)
  if (after !== undefined) query = query.where('id', '>', after)
  if (hideDisabled) query = query.where('disabled_at', 'is', null)
  return (await query.execute()).map(fromRow)
}

/** The providers that identities of one pool have logins of, by identity. An identity without logins is missing. */
export async function listProvidersOf(db: Db, identities: readonly Identity[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const [first] = identities
  if (first === undefined) return new Map()
  const rows = await db
    .selectFrom('identity_login')
    .select(['identity_id', 'provider'])
    .distinct()
    .where('identity_pool_id', '=', first.identityPoolId)
    .where(
      'identity_id',
      'in',
      identities.map(({ id }) => id),
    )
    .orderBy('provider')
    .execute()
  const byIdentity = Map.groupBy(rows, (row) => row.identity_id)
  return new Map([...byIdentity].map(([id, logins]) => [id, logins.map(({ provider }) => provider)]))
}
