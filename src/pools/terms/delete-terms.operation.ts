import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResource, lockResource } from '../pool-resource-repository.ts'
import { termsByName, termsDocuments, termsKey, termsNotFound } from './terms.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const deleteTerms = operation('DeleteTerms', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools }: Deps, { audit }: AuditedCaller) {
    const { id: poolId } = await pools.getPool(request.UserPoolId)
    await db.transaction().execute(async (tx) => {
      const terms = await lockResource(tx, poolId, termsDocuments, request.TermsId)
      if (terms === undefined) throw termsNotFound()
      const { clientId, name } = terms.config
      await deleteResource(tx, poolId, termsByName, termsKey(clientId, name))
      await deleteResource(tx, poolId, termsDocuments, terms.id)
      await audit.record(tx, { detail: `name: ${name}, client: ${clientId}` })
    })
    await pools.invalidate(poolId)
  },
})
