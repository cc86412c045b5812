import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { findSchemaChange } from '../../pools/schema-changes/schema-change-repository.ts'
import type { Db } from '../../storage/db.ts'
import { writeSchemaChange } from './wire.ts'

type Deps = { db: Db; pools: PoolCatalog }

/** Lifeguard's own operation: the latest change of the pool's schema. The answer is empty when there was none. */
export const describeSchemaChange = operation('DescribeSchemaChange', {
  auth: 'iam',

  async handle({ UserPoolId }, { db, pools }: Deps) {
    const pool = await pools.getPool(UserPoolId)
    const change = await findSchemaChange(db, pool.id)
    return { SchemaChange: change && writeSchemaChange(change) }
  },
})
