import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Secrets } from '../base/secrets.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { findAppClient } from './app-client-repository.ts'
import { writeClient } from './app-client-wire.ts'
import { clientNotFound, type PoolCatalog } from './pool-catalog.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

export const describeUserPoolClient = operation('DescribeUserPoolClient', {
  auth: 'iam',
  isAudited: true,

  /**
   * Reads the database, not the pool catalog, so that a change through another process is shown at once. Audited, because the answer shows
   * the client secret.
   */
  async handle(request, { db, pools, secrets }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const client = await findAppClient(db, secrets, request.ClientId)
    if (client?.poolId !== pool.id) throw clientNotFound(request.ClientId)
    const detail = client.secrets.length === 0 ? undefined : 'shown: ClientSecret'
    await db.transaction().execute((tx) => audit.record(tx, { detail }))
    return { UserPoolClient: writeClient(client) }
  },
})
