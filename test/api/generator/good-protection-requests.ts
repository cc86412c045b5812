import type { OperationName } from '../../../src/contract/operation.ts'
import { slowNetwork } from '../../support/stuffing.ts'
import type { RequestFactory } from './request-factory.ts'
import type { World } from './world.ts'

const selfService = {
  Operations: { DeleteUser: { Allowed: false }, ChangePassword: { MaxAuthAgeMinutes: 10, SecondFactor: true } },
  LockedAttributes: ['email'],
}

/** Requests of threat protection, and of what users may do for themselves. */
export const protectionRequests: Partial<Record<OperationName, RequestFactory>> = {
  DescribeFormerPool: ({ main }) => ({ UserPoolId: main.poolId }),
  ListSlowedNetworks: ({ main }) => ({ UserPoolId: main.poolId, MaxResults: 10 }),
  // Both are tried with hundreds of values, so they share one pool whose settings may change.
  SetUserPoolExtensions: ({ changeable: { poolId } }) => ({ UserPoolId: poolId, SelfService: selfService }),
  SetUserPoolClientExtensions: ({ changeable: { poolId, clientId } }) => {
    return { UserPoolId: poolId, ClientId: clientId, SelfService: selfService }
  },
  ClearSlowedNetwork: async ({ server }: World) => {
    const { poolId: UserPoolId } = await slowNetwork(server, '198.51.100.7')
    return { UserPoolId, Network: '198.51.100.7/32' }
  },
}
