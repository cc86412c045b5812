import { randomUUID } from 'node:crypto'
import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { requireLockedClient } from '../change-client.ts'
import { requireLockedPool } from '../change-pool.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { countResourcesUpTo, insertResource } from '../pool-resource-repository.ts'
import { type Quotas, requireWithinQuota } from '../quotas.ts'
import { requireTier, type Tiers } from '../tier-rules.ts'
import { requireValidLinks, type Terms, termsByName, termsDocuments, termsExist, termsKey } from './terms.ts'
import { writeTerms } from './terms-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; quotas: Quotas; tiers: Tiers }

export const createTerms = operation('CreateTerms', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, pools, quotas, tiers }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId: poolId, ClientId: clientId, TermsName: name, Links: links = {} } = request
    requireValidLinks(links)
    const now = clock.now()
    const config = { clientId, name, source: request.TermsSource, enforcement: request.Enforcement, links }
    const terms: Terms = { id: randomUUID(), createdAt: now, updatedAt: now, config }
    await db.transaction().execute(async (tx) => {
      const pool = await requireLockedPool(tx, poolId)
      requireTier(tiers, pool, { feature: 'Managed login', tier: 'ESSENTIALS', code: 'OperationNotEnabledException' })
      await requireLockedClient(tx, secrets, poolId, clientId)
      const byName = { id: termsKey(clientId, name), createdAt: now, updatedAt: now, config: { termsId: terms.id } }
      if (!(await insertResource(tx, poolId, termsByName, byName))) throw termsExist(name)
      await insertResource(tx, poolId, termsDocuments, terms)
      requireWithinQuota(quotas, 'termsPerPool', await countResourcesUpTo(tx, poolId, termsDocuments, quotas.termsPerPool + 1))
      await audit.record(tx, { subject: terms.id, detail: `name: ${name}, client: ${clientId}` })
    })
    await pools.invalidate(poolId)
    return { Terms: writeTerms(poolId, terms) }
  },
})
