import type { Secrets } from '../base/secrets.ts'
import { operation } from '../contract/operation.ts'
import { pageOf, readPageToken } from '../contract/page-token.ts'
import type { Db } from '../storage/db.ts'
import { listIdentityPools as listPools } from './identity-pool-repository.ts'

type Deps = { db: Db; secrets: Secrets }

export const listIdentityPools = operation('ListIdentityPools', {
  auth: 'iam',

  async handle(request, { db, secrets }: Deps) {
    const list = 'ListIdentityPools'
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listPools(db, { after, limit: request.MaxResults + 1 })
    const { entries, nextToken } = pageOf(found, request.MaxResults, secrets, list)
    return { IdentityPools: entries.map(({ id, name }) => ({ IdentityPoolId: id, IdentityPoolName: name })), NextToken: nextToken }
  },
})
