import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { readPageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import { findAppClient } from '../app-client-repository.ts'
import { writeClientSecret } from '../app-client-wire.ts'
import { clientNotFound, type PoolCatalog } from '../pool-catalog.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

export const listUserPoolClientSecrets = operation('ListUserPoolClientSecrets', {
  auth: 'iam',

  /**
   * Reads the database, not the pool catalog, so that a secret added through another process is shown at once. One page holds all secrets.
   */
  async handle(request, { db, pools, secrets }: Deps) {
    const { UserPoolId: poolId, ClientId: clientId } = request
    await pools.getPool(poolId)
    const client = await findAppClient(db, secrets, clientId)
    if (client?.poolId !== poolId) throw clientNotFound(clientId)
    readPageToken(secrets, `ListUserPoolClientSecrets ${clientId}`, request.NextToken)
    return { ClientSecrets: client.secrets.map(writeClientSecret) }
  },
})
