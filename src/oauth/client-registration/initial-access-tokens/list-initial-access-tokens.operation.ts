import type { Secrets } from '../../../base/secrets.ts'
import { operation } from '../../../contract/operation.ts'
import { pageOf, readPageToken } from '../../../contract/page-token.ts'
import type { PoolCatalog } from '../../../pools/pool-catalog.ts'
import type { Db } from '../../../storage/db.ts'
import { listInitialAccessTokens as listTokens } from './initial-access-token-repository.ts'
import { writeInitialAccessToken } from './initial-access-token-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; secrets: Secrets }

const largestPage = 60

/** Lifeguard's own operation: the initial access tokens of a pool, oldest first, without the tokens themselves. */
export const listInitialAccessTokens = operation('ListInitialAccessTokens', {
  auth: 'iam',

  async handle({ UserPoolId: poolId, MaxResults: size = largestPage, NextToken }, { db, pools, secrets }: Deps) {
    await pools.getPool(poolId)
    const list = `ListInitialAccessTokens ${poolId}`
    const found = await listTokens(db, poolId, { after: readPageToken(secrets, list, NextToken), limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { InitialAccessTokens: entries.map(writeInitialAccessToken), NextToken: nextToken }
  },
})
