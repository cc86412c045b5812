import type { Secrets } from '../base/secrets.ts'
import { operation } from '../contract/operation.ts'
import { pageOf, readPageToken } from '../contract/page-token.ts'
import type { Db } from '../storage/db.ts'
import { listPools } from './pool-repository.ts'
import { writePoolDescription } from './pool-wire.ts'

type Deps = { db: Db; secrets: Secrets }

export const listUserPools = operation('ListUserPools', {
  auth: 'iam',

  async handle(request, { db, secrets }: Deps) {
    const list = 'ListUserPools'
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listPools(db, { after, limit: request.MaxResults + 1 })
    const { entries, nextToken } = pageOf(found, request.MaxResults, secrets, list)
    return { UserPools: entries.map(writePoolDescription), NextToken: nextToken }
  },
})
