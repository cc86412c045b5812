import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { findDomainsOfPool } from './domains/pool-domain-repository.ts'
import { listProviderNames } from './identity-providers/identity-provider-repository.ts'
import { poolNotFound } from './pool-catalog.ts'
import { countUsersUpTo, findPool } from './pool-repository.ts'
import { writePool } from './pool-wire.ts'

type Deps = { db: Db; accountId: string }

/**
 * How far users are counted. Cognito calls the number an estimate; a bigger pool shows this one, because counting millions of users
 * is nothing for a request to wait for.
 */
const countedUsers = 1000

export const describeUserPool = operation('DescribeUserPool', {
  auth: 'iam',

  /** From the database, not the catalog: who has just changed the pool in another process wants to see the change. */
  async handle(request, { db, accountId }: Deps) {
    const pool = await findPool(db, request.UserPoolId)
    if (pool === undefined) throw poolNotFound(request.UserPoolId)
    const estimatedNumberOfUsers = await countUsersUpTo(db, pool.id, countedUsers)
    const domains = await findDomainsOfPool(db, pool.id)
    const isFederated = (await listProviderNames(db, pool.id, 1)).length > 0
    return { UserPool: writePool(pool, { accountId, estimatedNumberOfUsers, domains, isFederated }) }
  },
})
