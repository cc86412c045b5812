import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { writeMfaConfig } from './mfa-config-wire.ts'

export const getUserPoolMfaConfig = operation('GetUserPoolMfaConfig', {
  auth: 'iam',

  async handle(request, { pools }: { pools: PoolCatalog }) {
    return writeMfaConfig(await pools.getPool(request.UserPoolId))
  },
})
