import { ApiError } from '../../contract/api-error.ts'
import type { PoolCatalog } from '../pool-catalog.ts'

/**
 * Rejects every request about a replica, because this server has a single region.
 * @throws ApiError ResourceNotFoundException when the pool does not exist
 * @throws ApiError OperationNotEnabledException when the pool exists
 */
export async function refuseReplica(pools: PoolCatalog, poolId: string): Promise<never> {
  await pools.getPool(poolId)
  throw new ApiError('OperationNotEnabledException', 'This server has a single region, so user pools cannot have replicas.')
}
