import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { deleteDomain } from './pool-domain-repository.ts'
import { domainNotFound } from './pool-domain-rules.ts'

type Deps = { db: Db; pools: PoolCatalog }

export const deleteUserPoolDomain = operation('DeleteUserPoolDomain', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools }: Deps, { audit }: AuditedCaller) {
    await db.transaction().execute(async (tx) => {
      if (!(await deleteDomain(tx, request.UserPoolId, request.Domain))) throw domainNotFound()
      await audit.record(tx)
    })
    await pools.invalidate(request.UserPoolId)
    return {}
  },
})
