import type { Secrets } from '../base/secrets.ts'
import { operation } from '../contract/operation.ts'
import { pageOf, readPageToken } from '../contract/page-token.ts'
import type { Db } from '../storage/db.ts'
import { listAppClients } from './app-client-repository.ts'
import type { PoolCatalog } from './pool-catalog.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

const defaultPageSize = 60

export const listUserPoolClients = operation('ListUserPoolClients', {
  auth: 'iam',

  async handle(request, { db, pools, secrets }: Deps) {
    const { UserPoolId: poolId, MaxResults: size = defaultPageSize } = request
    await pools.getPool(poolId)
    const list = `ListUserPoolClients ${poolId}`
    const after = readPageToken(secrets, list, request.NextToken)
    // Clients cannot register themselves yet, so the list of clients that registered themselves is empty.
    if (request.ClientType === 'DCR') return { UserPoolClients: [] }
    const found = await listAppClients(db, poolId, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return {
      UserPoolClients: entries.map(({ id, name }) => ({ ClientId: id, UserPoolId: poolId, ClientName: name })),
      NextToken: nextToken,
    }
  },
})
