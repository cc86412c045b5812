import type { Clock } from '../base/clock.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { requireNoImport } from './active-import-repository.ts'
import { changePool } from './change-pool.ts'
import type { PoolCatalog } from './pool-catalog.ts'
import { addCustomAttributes as extendSchema } from './schema-wire.ts'

type Deps = { db: Db; pools: PoolCatalog; clock: Clock }

export const addCustomAttributes = operation('AddCustomAttributes', {
  auth: 'iam',

  async handle(request, { db, pools, clock }: Deps) {
    await changePool(db, pools, request.UserPoolId, async (pool, tx) => {
      await requireNoImport(tx, pool.id)
      return { ...pool, schema: extendSchema(pool.schema, request.CustomAttributes), updatedAt: clock.now() }
    })
    return {}
  },
})
