import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { planSchemaChange as plan } from './plan-schema-change.ts'
import { readWantedChange, writePlan } from './wire.ts'

type Deps = { db: Db; pools: PoolCatalog }

const defaultMaxUsers = 10

/** Lifeguard's own operation: what a change of the pool's schema would do, and what prevents it. It changes nothing. */
export const planSchemaChange = operation('PlanSchemaChange', {
  auth: 'iam',

  async handle(request, { db, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    return writePlan(await plan(db, pool, readWantedChange(request), request.MaxUsers ?? defaultMaxUsers))
  },
})
