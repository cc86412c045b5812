import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { requireNoImport } from './active-import-repository.ts'
import { changePool } from './change-pool.ts'
import { requireAllowedSender, type SenderDomains } from './email-sender.ts'
import type { Pool } from './pool.ts'
import type { PoolCatalog } from './pool-catalog.ts'
import { requireConsistentPool } from './pool-rules.ts'
import { readPoolUpdate, writePool } from './pool-wire.ts'
import type { Quotas } from './quotas.ts'
import { requireTagsWithinQuota } from './tags/tags.ts'
import { requireFeaturesOfTier, type Tiers } from './tier-rules.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock; quotas: Quotas; tiers: Tiers; senderDomains: SenderDomains }

export const updateUserPool = operation('UpdateUserPool', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock, quotas, tiers, senderDomains }: Deps, { audit }: AuditedCaller) {
    await changePool({ db, pools, audit }, request.UserPoolId, writeSettings, async (before, tx) => {
      await requireNoImport(tx, before.id)
      const after = readPoolUpdate(before, request, clock.now())
      requireConsistentPool(after)
      requireAllowedSender(senderDomains, after.email.from, 'EmailConfiguration.From')
      if (request.UserPoolTags !== undefined) requireTagsWithinQuota(quotas, after, 'UserPoolTaggingException')
      requireFeaturesOfTier(tiers, after, before.tier)
      return after
    })
    return {}
  },
})

/**
 * The settings that the audit record compares before and after an update: what DescribeUserPool shows. Members that no update changes get
 * fixed values.
 */
const writeSettings = (pool: Pool) => writePool(pool, { accountId: '', estimatedNumberOfUsers: 0, domains: [], isFederated: false })
