import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { listIdentityProviders as listProviders } from './identity-provider-repository.ts'
import { writeProviderDescription } from './identity-provider-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

/** A request may ask for 60 providers, but a response has at most this many. */
const maxPageSize = 50

export const listIdentityProviders = operation('ListIdentityProviders', {
  auth: 'iam',

  async handle(request, { db, pools, secrets }: Deps) {
    const { UserPoolId: poolId } = request
    const size = Math.min(request.MaxResults || maxPageSize, maxPageSize)
    await pools.getPool(poolId)
    const list = `ListIdentityProviders ${poolId}`
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listProviders(db, poolId, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { Providers: entries.map(writeProviderDescription), NextToken: nextToken }
  },
})
