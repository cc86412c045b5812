import type { Secrets } from '../base/secrets.ts'
import type { Db, Tx } from '../storage/db.ts'
import type { AppClient } from './app-client.ts'
import { lockAppClient, updateAppClient } from './app-client-repository.ts'
import { requireLockedPool } from './change-pool.ts'
import type { Pool } from './pool.ts'
import { clientNotFound, type PoolCatalog } from './pool-catalog.ts'

type Deps = { readonly db: Db; readonly pools: PoolCatalog; readonly secrets: Secrets }
type ChangeClient = (client: AppClient, tx: Tx, pool: Pool) => Promise<AppClient>
type ClientKey = { readonly poolId: string; readonly clientId: string }

/**
 * Applies `change` to the stored client while its pool and it are locked, and invalidates the pool catalogs of all processes. When `change`
 * throws, the client stays as it is. The lock of the pool keeps a schema change from replacing the names of attributes meanwhile.
 * @throws ApiError ResourceNotFoundException when the pool or the client does not exist
 */
export async function changeClient({ db, pools, secrets }: Deps, key: ClientKey, change: ChangeClient): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const pool = await requireLockedPool(tx, key.poolId)
    const client = await requireLockedClient(tx, secrets, key.poolId, key.clientId)
    await updateAppClient(tx, secrets, await change(client, tx, pool))
  })
  await pools.invalidate(key.poolId)
}

/**
 * The stored client, locked: no other transaction changes or deletes it before this one ends.
 * @throws ApiError ResourceNotFoundException when the pool has no such client
 */
export async function requireLockedClient(tx: Tx, secrets: Secrets, poolId: string, clientId: string): Promise<AppClient> {
  const client = await lockAppClient(tx, secrets, poolId, clientId)
  if (client === undefined) throw clientNotFound(clientId)
  return client
}
