import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../pool-catalog.ts'
import { refuseReplica } from './refuse-replica.ts'

export const updateUserPoolReplica = operation('UpdateUserPoolReplica', {
  auth: 'iam',
  isAudited: true,
  handle: (request, { pools }: { pools: PoolCatalog }) => refuseReplica(pools, request.UserPoolId),
})
