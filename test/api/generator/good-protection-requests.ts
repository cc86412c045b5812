import type { OperationName } from '../../../src/contract/operation.ts'
import { slowNetwork } from '../../support/stuffing.ts'
import type { RequestFactory } from './request-factory.ts'
import type { World } from './world.ts'

/** Requests of threat protection. */
export const protectionRequests: Partial<Record<OperationName, RequestFactory>> = {
  DescribeFormerPool: ({ main }) => ({ UserPoolId: main.poolId }),
  ListSlowedNetworks: ({ main }) => ({ UserPoolId: main.poolId, MaxResults: 10 }),
  ClearSlowedNetwork: async ({ server }: World) => {
    const { poolId: UserPoolId } = await slowNetwork(server, '198.51.100.7')
    return { UserPoolId, Network: '198.51.100.7/32' }
  },
}
