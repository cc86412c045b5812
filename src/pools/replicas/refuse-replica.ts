import { ApiError } from '../../contract/api-error.ts'
import type { PoolCatalog } from '../pool-catalog.ts'

/**
 * The answer to every wish about a replica in another region: this server is one region, so there is none to copy a pool to. Throws
 * ResourceNotFoundException for a pool that is not there, OperationNotEnabledException for one that is.
 */
export async function refuseReplica(pools: PoolCatalog, poolId: string): Promise<never> {
  await pools.getPool(poolId)
  throw new ApiError('OperationNotEnabledException', 'This server has a single region, so user pools cannot have replicas.')
}
