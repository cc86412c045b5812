import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteDomain } from './pool-domain-repository.ts'
import { domainNotFound } from './pool-domain-rules.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const deleteUserPoolDomain = operation('DeleteUserPoolDomain', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    if (!(await deleteDomain(db, request.UserPoolId, request.Domain))) throw domainNotFound()
    await pools.invalidate(request.UserPoolId)
    return {}
  },
})
