import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { listResources } from '../pool-resource-repository.ts'
import { termsDocuments } from './terms.ts'
import { writeTermsDescription } from './terms-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

const defaultPageSize = 60

export const listTerms = operation('ListTerms', {
  auth: 'iam',

  async handle(request, { db, pools, secrets }: Deps) {
    const { UserPoolId: poolId, MaxResults: size = defaultPageSize } = request
    await pools.getPool(poolId)
    const list = `ListTerms ${poolId}`
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listResources(db, poolId, termsDocuments, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { Terms: entries.map(writeTermsDescription), NextToken: nextToken }
  },
})
