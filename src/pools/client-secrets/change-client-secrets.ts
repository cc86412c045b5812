import type { Secrets } from '../../base/secrets.ts'
import type { Db } from '../../storage/db.ts'
import type { AppClient } from '../app-client.ts'
import { lockAppClient, updateAppClient } from '../app-client-repository.ts'
import { clientNotFound, type PoolCatalog } from '../pool-catalog.ts'

type Deps = { readonly db: Db; readonly pools: PoolCatalog; readonly secrets: Secrets }
type Change = (client: AppClient) => AppClient['secrets']

/** Replaces the secrets of the client as it is now, one change at a time, and spreads the news. Throws ResourceNotFoundException. */
export async function changeClientSecrets(deps: Deps, poolId: string, clientId: string, now: number, change: Change): Promise<void> {
  const { db, pools, secrets } = deps
  await pools.getPool(poolId)
  await db.transaction().execute(async (tx) => {
    const client = await lockAppClient(tx, secrets, poolId, clientId)
    if (client === undefined) throw clientNotFound(clientId)
    await updateAppClient(tx, secrets, { ...client, secrets: change(client), updatedAt: now })
  })
  await pools.changed(poolId)
}
