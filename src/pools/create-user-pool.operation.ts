import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { newPoolId } from '../base/ids.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { type CustomIds, customPoolId, requireRemovedPool, userPoolIdForm } from './custom-ids.ts'
import { requireAllowedSender, type SenderDomains } from './email-sender.ts'
import { countPoolsUpTo, insertPool } from './pool-repository.ts'
import { requireConsistentPool } from './pool-rules.ts'
import { readNewPool, writePool } from './pool-wire.ts'
import { type Quotas, requireWithinQuota } from './quotas.ts'
import { requireTagsWithinQuota } from './tags/tags.ts'
import { requireFeaturesOfTier, type Tiers } from './tier-rules.ts'

/** Creates a pool's signing keys in the background. The implementation is in a module below this one, so it cannot be imported here. */
type SigningKeyCreator = { make(poolId: string): void }

type Deps = {
  db: Db
  clock: Clock
  accountId: string
  region: string
  quotas: Quotas
  tiers: Tiers
  keysAhead: SigningKeyCreator
  senderDomains: SenderDomains
} & CustomIds

export const createUserPool = operation('CreateUserPool', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
    const { db, clock, accountId, region, quotas, tiers, keysAhead, senderDomains } = deps
    const givenId = customPoolId(deps, request.UserPoolTags, userPoolIdForm)
    const pool = readNewPool(request, { id: givenId ?? newPoolId(region), now: clock.now() })
    requireConsistentPool(pool)
    requireAllowedSender(senderDomains, pool.email.from, 'EmailConfiguration.From')
    requireTagsWithinQuota(quotas, pool, 'UserPoolTaggingException')
    requireFeaturesOfTier(tiers, pool)
    await db.transaction().execute(async (tx) => {
      await insertPool(tx, pool)
      // After the insert, for which a restore of a pool with this id waits.
      if (givenId !== undefined) await requireRemovedPool(tx, givenId)
      requireWithinQuota(quotas, 'userPools', await countPoolsUpTo(tx, quotas.userPools + 1))
      await audit.record(tx, { poolId: pool.id, detail: `name: ${pool.name}` })
    })
    keysAhead.make(pool.id)
    return { UserPool: writePool(pool, { accountId, estimatedNumberOfUsers: 0, domains: [], isFederated: false }) }
  },
})
