import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { findResource } from '../pool-resource-repository.ts'
import { termsDocuments, termsNotFound } from './terms.ts'
import { writeTerms } from './terms-wire.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const describeTerms = operation('DescribeTerms', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const terms = await findResource(db, pool.id, termsDocuments, request.TermsId)
    if (terms === undefined) throw termsNotFound()
    return { Terms: writeTerms(pool.id, terms) }
  },
})
