import type { Secrets } from '../base/secrets.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { findAppClient } from './app-client-repository.ts'
import { writeClient } from './app-client-wire.ts'
import { clientNotFound, type PoolCatalog } from './pool-catalog.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

export const describeUserPoolClient = operation('DescribeUserPoolClient', {
  auth: 'iam',

  /** Reads the database, not the pool catalog, so that a change through another process is shown at once. */
  async handle(request, { db, pools, secrets }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const client = await findAppClient(db, secrets, request.ClientId)
    if (client?.poolId !== pool.id) throw clientNotFound(request.ClientId)
    return { UserPoolClient: writeClient(client) }
  },
})
