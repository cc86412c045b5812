import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { writeExtensions } from './extensions-wire.ts'

/**
 * Lifeguard's own operation: returns all sections of a pool's extensions. Settings that were never set are shown with their default values.
 */
export const getUserPoolExtensions = operation('GetUserPoolExtensions', {
  auth: 'iam',

  async handle(request, { secrets, pools }: { secrets: Secrets; pools: PoolCatalog }) {
    return writeExtensions(secrets, await pools.getPool(request.UserPoolId))
  },
})
