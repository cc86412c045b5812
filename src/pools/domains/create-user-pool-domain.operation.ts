import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { requireLockedPool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { type Quotas, requireWithinQuota } from '../quotas.ts'
import type { Tiers } from '../tier-rules.ts'
import type { PoolDomain } from './pool-domain.ts'
import { countCustomDomainsUpTo, findDomainsOfPool, insertDomain } from './pool-domain-repository.ts'
import { requireTierOfDomain, requireValidDomain } from './pool-domain-rules.ts'
import { readNewDomain, writeDomainAnswer } from './pool-domain-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock; publicUrl: string; quotas: Quotas; tiers: Tiers }

export const createUserPoolDomain = operation('CreateUserPoolDomain', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock, publicUrl, quotas, tiers }: Deps, { audit }: AuditedCaller) {
    const domain = readNewDomain(request, clock.now())
    await db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, domain.poolId)
      requireValidDomain(domain, publicUrl)
      requireTierOfDomain(tiers, pool, domain)
      await requireOnlyDomainOfKind(tx, domain)
      if (!(await insertDomain(tx, domain))) throw domainTaken(domain)
      if (domain.custom !== undefined) {
        requireWithinQuota(quotas, 'customDomains', await countCustomDomainsUpTo(tx, quotas.customDomains + 1))
      }
      await audit.record(tx)
    })
    await pools.invalidate(domain.poolId)
    return writeDomainAnswer(domain, new URL(publicUrl).hostname)
  },
})

async function requireOnlyDomainOfKind(tx: Tx, domain: PoolDomain): Promise<void> {
  const others = await findDomainsOfPool(tx, domain.poolId)
  const isCustom = domain.custom !== undefined
  if (others.some((other) => (other.custom !== undefined) === isCustom))
    throw invalidParameter('User pool already has a domain configured.')
}

function domainTaken(domain: PoolDomain) {
  if (domain.custom === undefined) return invalidParameter('Domain already associated with another user pool.')
  return invalidParameter('One or more of the CNAMEs you provided are already associated with a different resource.')
}
