import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteResource, lockResource } from '../pool-resource-repository.ts'
import { termsByName, termsDocuments, termsKey, termsNotFound } from './terms.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const deleteTerms = operation('DeleteTerms', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const { id: poolId } = await pools.getPool(request.UserPoolId)
    await db.transaction().execute(async (tx) => {
      const terms = await lockResource(tx, poolId, termsDocuments, request.TermsId)
      if (terms === undefined) throw termsNotFound()
      await deleteResource(tx, poolId, termsByName, termsKey(terms.config.clientId, terms.config.name))
      await deleteResource(tx, poolId, termsDocuments, terms.id)
    })
  },
})
