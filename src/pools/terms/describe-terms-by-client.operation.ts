import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findResource } from '../pool-resource-repository.ts'
import { termsByName, termsDocuments, termsKey, termsNotFound } from './terms.ts'
import { writeTerms } from './terms-wire.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const describeTermsByClient = operation('DescribeTermsByClient', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const { pool, client } = await pools.getClientOfPool(request.UserPoolId, request.ClientId)
    const byName = await findResource(db, pool.id, termsByName, termsKey(client.id, request.TermsName))
    const terms = byName && (await findResource(db, pool.id, termsDocuments, byName.config.termsId))
    if (terms === undefined) throw termsNotFound()
    return { Terms: writeTerms(pool.id, terms) }
  },
})
