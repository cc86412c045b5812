import type { Secrets } from '../base/secrets.ts'
import { operation } from '../contract/operation.ts'
import { pageOf, readPageToken } from '../contract/page-token.ts'
import type { Db } from '../storage/db.ts'
import { listAppClients } from './app-client-repository.ts'
import type { PoolCatalog } from './pool-catalog.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

const defaultPageSize = 60

const typeOf = (isRegistered: boolean) => (isRegistered ? 'DCR' : 'REGULAR')

export const listUserPoolClients = operation('ListUserPoolClients', {
  auth: 'iam',

  async handle(request, { db, pools, secrets }: Deps) {
    const { UserPoolId: poolId, MaxResults: size = defaultPageSize } = request
    await pools.getPool(poolId)
    const list = `ListUserPoolClients ${poolId}`
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listAppClients(db, poolId, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    // A filter can leave pages short or empty that have a NextToken, as at Cognito.
    const isListed = (isRegistered: boolean) => (request.ClientType ?? typeOf(isRegistered)) === typeOf(isRegistered)
    const listed = entries.filter(({ isRegistered }) => isListed(isRegistered))
    return {
      UserPoolClients: listed.map(({ id, name }) => ({ ClientId: id, UserPoolId: poolId, ClientName: name })),
      NextToken: nextToken,
    }
  },
})
