import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { writeExtensions } from './extensions-wire.ts'

/** An operation of Lifeguard's own. It returns all sections, with defaults. */
export const getUserPoolExtensions = operation('GetUserPoolExtensions', {
  auth: 'iam',

  async handle(request, { secrets, pools }: { secrets: Secrets; pools: PoolCatalog }) {
    return writeExtensions(secrets, await pools.getPool(request.UserPoolId))
  },
})
