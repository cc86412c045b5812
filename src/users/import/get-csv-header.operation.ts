import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { columnsOf } from './header.ts'

type Deps = { pools: PoolCatalog }

export const getCsvHeader = operation('GetCSVHeader', {
  auth: 'iam',

  async handle(request, { pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    return { UserPoolId: pool.id, CSVHeader: columnsOf(pool) }
  },
})
