import type { Secrets } from '../base/secrets.ts'
import { invalidParameter } from '../contract/api-error.ts'
import type { Db, Tx } from '../storage/db.ts'
import type { AppClient } from './app-client.ts'
import { fromRow, toRow } from './app-client-row.ts'

/** @throws ApiError InvalidParameterException when an app client of any pool has the id */
export async function insertAppClient(tx: Db | Tx, secrets: Secrets, client: AppClient): Promise<void> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('app_client')
    .values(toRow(client, secrets))
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows !== 1n) throw invalidParameter(`An app client with the id ${client.id} exists.`)
}

/**
 * Finds a client by its id alone, which is unique over all pools. Public requests name their pool only by the app client. The clients
 * of a deleted pool, whose rows still exist for a while, are not found.
 */
export async function findAppClient(db: Db | Tx, secrets: Secrets, clientId: string): Promise<AppClient | undefined> {
  const row = await db
    .selectFrom('app_client')
    .innerJoin('user_pool', 'user_pool.id', 'app_client.pool_id')
    .selectAll('app_client')
    .where('app_client.id', '=', clientId)
    .executeTakeFirst()
  return row && fromRow(row, secrets)
}

/** The stored client, locked until the transaction ends. */
export async function lockAppClient(tx: Tx, secrets: Secrets, poolId: string, clientId: string): Promise<AppClient | undefined> {
  const row = await tx
    .updateTable('app_client')
    .set((column) => ({ id: column.ref('id') }))
    .where('pool_id', '=', poolId)
    .where('id', '=', clientId)
    .where(({ exists, selectFrom }) => exists(selectFrom('user_pool').select('user_pool.id').where('user_pool.id', '=', poolId)))
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row, secrets)
}

export async function updateAppClient(tx: Tx, secrets: Secrets, client: AppClient): Promise<void> {
  const { name, updated_at, config, extensions, registration } = toRow(client, secrets)
  await tx
    .updateTable('app_client')
    .set({ name, updated_at, config, extensions, registration })
    .where('pool_id', '=', client.poolId)
    .where('id', '=', client.id)
    .execute()
}

/** Returns the name that the client had. Undefined when the pool has no such client. */
export async function deleteAppClient(db: Db | Tx, poolId: string, clientId: string): Promise<string | undefined> {
  const row = await db
    .deleteFrom('app_client')
    .where('pool_id', '=', poolId)
    .where('id', '=', clientId)
    .returning('name')
    .executeTakeFirst()
  return row?.name
}

/** The number of clients in the pool, counted up to `limit`. */
export async function countAppClientsUpTo(db: Db | Tx, poolId: string, limit: number): Promise<number> {
  return (await db.selectFrom('app_client').select('id').where('pool_id', '=', poolId).limit(limit).execute()).length
}

/** The number of clients in the pool that registered themselves, counted up to `limit`. */
export async function countRegisteredClientsUpTo(db: Db | Tx, poolId: string, limit: number): Promise<number> {
  const query = db.selectFrom('app_client').select('id').where('pool_id', '=', poolId).where('registration', 'is not', null)
  return (await query.limit(limit).execute()).length
}

type ListedClient = Pick<AppClient, 'id' | 'name'> & { readonly isRegistered: boolean }

/** Ids and names of the pool's app clients, ordered by client id, beginning after the id `after`. */
export async function listAppClients(
  db: Db | Tx,
  poolId: string,
  page: { after: string | undefined; limit: number; withRegistered?: boolean },
): Promise<readonly ListedClient[]> {
  let query = db
    .selectFrom('app_client')
    .select(['id', 'name', 'registration'])
    .where('pool_id', '=', poolId)
    .orderBy('id')
    .limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '>', page.after)
  if (page.withRegistered === false) query = query.where('registration', 'is', null)
  return (await query.execute()).map(({ id, name, registration }) => ({ id, name, isRegistered: registration !== null }))
}

/** How many clients are read at once. */
const batch = 200

/** The app clients of the pool that offer the identity provider, ordered by client id. */
export async function listClientsOffering(db: Db | Tx, secrets: Secrets, poolId: string, provider: string): Promise<readonly AppClient[]> {
  const found: AppClient[] = []
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('app_client')
      .selectAll()
      .where('pool_id', '=', poolId)
      .where('id', '>', after)
      .orderBy('id')
      .limit(batch)
      .execute()
    found.push(...rows.map((row) => fromRow(row, secrets)).filter(({ identityProviders }) => identityProviders?.includes(provider)))
    const last = rows.at(-1)
    if (last === undefined || rows.length < batch) return found
    after = last.id
  }
}
