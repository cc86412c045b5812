import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { changedMembers } from '../../audit/changed-members.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResource, insertResource, lockResource, updateResource } from '../pool-resource-repository.ts'
import { requireValidLinks, type Terms, termsByName, termsDocuments, termsExist, termsKey, termsNotFound } from './terms.ts'
import { writeTerms } from './terms-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock }

/** Members that the request does not name stay as they are. Links are replaced as a whole. */
export const updateTerms = operation('UpdateTerms', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools, clock }: Deps, { audit }: AuditedCaller) {
    const { id: poolId } = await pools.getPool(request.UserPoolId)
    const terms = await db.transaction().execute(async (tx) => {
      const before = await lockResource(tx, poolId, termsDocuments, request.TermsId)
      if (before === undefined) throw termsNotFound()
      const { name, source, enforcement, links } = before.config
      const config = {
        ...before.config,
        name: request.TermsName ?? name,
        source: request.TermsSource ?? source,
        enforcement: request.Enforcement ?? enforcement,
        links: request.Links ?? links,
      }
      requireValidLinks(config.links)
      const after: Terms = { ...before, config, updatedAt: clock.now() }
      if (config.name !== name) await rename(tx, poolId, before, after)
      await updateResource(tx, poolId, termsDocuments, after)
      await audit.record(tx, { changedMembers: changedMembers(writeTerms(poolId, before), writeTerms(poolId, after)) })
      return after
    })
    await pools.invalidate(poolId)
    return { Terms: writeTerms(poolId, terms) }
  },
})

async function rename(tx: Tx, poolId: string, before: Terms, after: Terms): Promise<void> {
  const { clientId, name } = after.config
  const byName = { id: termsKey(clientId, name), createdAt: after.updatedAt, updatedAt: after.updatedAt, config: { termsId: after.id } }
  if (!(await insertResource(tx, poolId, termsByName, byName))) throw termsExist(name)
  await deleteResource(tx, poolId, termsByName, termsKey(clientId, before.config.name))
}
