import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { findAppClient } from '../app-client-repository.ts'
import { clientNotFound, type PoolCatalog } from '../pool-catalog.ts'
import { writeClientSessions } from './session-settings.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog }

export const getUserPoolClientSessionConfiguration = operation('GetUserPoolClientSessionConfiguration', {
  auth: 'iam',

  async handle(request, { db, secrets, pools }: Deps) {
    const { UserPoolId: poolId, ClientId: clientId } = request
    await pools.getPool(poolId)
    const client = await findAppClient(db, secrets, clientId)
    if (client?.poolId !== poolId) throw clientNotFound(clientId)
    return writeClientSessions(client)
  },
})
