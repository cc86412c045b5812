import type { Clock } from '../base/clock.ts'
import { newPoolId } from '../base/ids.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { insertPool } from './pool-repository.ts'
import { requireConsistentPool } from './pool-rules.ts'
import { readNewPool, writePool } from './pool-wire.ts'
import { requireFeaturesOfTier } from './tier-rules.ts'

type Deps = { db: Db; clock: Clock; accountId: string; region: string }

export const createUserPool = operation('CreateUserPool', {
  auth: 'iam',

  async handle(request, { db, clock, accountId, region }: Deps) {
    const pool = readNewPool(request, { id: newPoolId(region), now: clock.now() })
    requireConsistentPool(pool)
    requireFeaturesOfTier(pool)
    await insertPool(db, pool)
    return { UserPool: writePool(pool, { accountId, estimatedNumberOfUsers: 0, domains: [], isFederated: false }) }
  },
})
