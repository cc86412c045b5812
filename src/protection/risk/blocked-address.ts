import { ApiError } from '../../contract/api-error.ts'
import type { AppClient } from '../../pools/app-client.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { isInRanges } from './address-ranges.ts'

export type BlockedAddressDeps = { readonly pools: Pick<PoolCatalog, 'findRiskOf'> }

type Caller = { readonly pool: Pool; readonly client: AppClient; readonly ip: string | undefined }

/**
 * Refuses addresses that the risk configuration blocks, in pools of mode ENFORCED.
 *
 * @throws ApiError NotAuthorizedException (text as observed)
 */
export async function requireAllowedAddress({ pools }: BlockedAddressDeps, { pool, client, ip }: Caller): Promise<void> {
  if (pool.addOns?.advancedSecurityMode !== 'ENFORCED') return
  const settings = await pools.findRiskOf(pool, client)
  if (isInRanges(settings?.exceptions?.blocked, ip)) {
    throw new ApiError('NotAuthorizedException', 'Request not allowed due to security reasons.')
  }
}
