import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findPool } from '../pool-repository.ts'
import type { Tiers } from '../tier-rules.ts'
import { lockDomain, updateDomain } from './pool-domain-repository.ts'
import { domainNotFound, requireTierOfDomain, requireValidDomain } from './pool-domain-rules.ts'
import { readDomainUpdate, writeDomainAnswer, writeDomainSettings } from './pool-domain-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock; publicUrl: string; tiers: Tiers }

export const updateUserPoolDomain = operation('UpdateUserPoolDomain', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock, publicUrl, tiers }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, Domain: name } = request
    const domain = await db.transaction().execute(async (tx) => {
      const pool = await findPool(tx, poolId)
      const before = pool && (await lockDomain(tx, poolId, name))
      if (pool === undefined || before === undefined) throw domainNotFound()
      if (before.custom === undefined && request.CustomDomainConfig !== undefined) {
        throw invalidParameter('CustomDomainConfig can only be set for a custom domain.')
      }
      const after = readDomainUpdate(before, request, clock.now())
      requireValidDomain(after, publicUrl)
      requireTierOfDomain(tiers, pool, after)
      await updateDomain(tx, after)
      await audit.record(tx, { changedMembers: changedMembers(writeDomainSettings(before), writeDomainSettings(after)) })
      return after
    })
    await pools.invalidate(poolId)
    return writeDomainAnswer(domain, new URL(publicUrl).hostname)
  },
})
