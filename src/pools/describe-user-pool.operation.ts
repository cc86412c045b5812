import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { findDomainsOfPool } from './domains/pool-domain-repository.ts'
import { listProviderNames } from './identity-providers/identity-provider-repository.ts'
import { poolNotFound } from './pool-catalog.ts'
import { countUsersUpTo, findPool } from './pool-repository.ts'
import { writePool } from './pool-wire.ts'

type Deps = { db: Db; accountId: string }

/**
 * The highest number of users that the response shows. Cognito calls the number an estimate. Counting millions of users would take too
 * long for a request.
 */
const maxCountedUsers = 1000

export const describeUserPool = operation('DescribeUserPool', {
  auth: 'iam',

  /** Reads the database, not the pool catalog, so that a change through another process is shown at once. */
  async handle(request, { db, accountId }: Deps) {
    const pool = await findPool(db, request.UserPoolId)
    if (pool === undefined) throw poolNotFound(request.UserPoolId)
    const estimatedNumberOfUsers = await countUsersUpTo(db, pool.id, maxCountedUsers)
    const domains = await findDomainsOfPool(db, pool.id)
    const isFederated = (await listProviderNames(db, pool.id, 1)).length > 0
    return { UserPool: writePool(pool, { accountId, estimatedNumberOfUsers, domains, isFederated }) }
  },
})
