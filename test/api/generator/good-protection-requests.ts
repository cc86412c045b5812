import type { OperationName } from '../../../src/contract/operation.ts'
import { slowNetwork } from '../../support/stuffing.ts'
import { anotherPool } from './good-pool-requests.ts'
import type { RequestFactory } from './request-factory.ts'
import { newClient, type World } from './world.ts'

const selfService = {
  Operations: { DeleteUser: { Allowed: false }, ChangePassword: { MaxAuthAgeMinutes: 10, SecondFactor: true } },
  LockedAttributes: ['email'],
}

/** Requests of threat protection, and of what users may do for themselves. */
export const protectionRequests: Partial<Record<OperationName, RequestFactory>> = {
  DescribeFormerPool: ({ main }) => ({ UserPoolId: main.poolId }),
  ListSlowedNetworks: ({ main }) => ({ UserPoolId: main.poolId, MaxResults: 10 }),
  // A pool and a client of their own, so that the operations stay on for the users of other requests.
  SetUserPoolExtensions: async (world) => ({ ...(await anotherPool(world)), SelfService: selfService }),
  SetUserPoolClientExtensions: async (world) => ({
    UserPoolId: world.main.poolId,
    ClientId: await newClient(world),
    SelfService: selfService,
  }),
  ClearSlowedNetwork: async ({ server }: World) => {
    const { poolId: UserPoolId } = await slowNetwork(server, '198.51.100.7')
    return { UserPoolId, Network: '198.51.100.7/32' }
  },
}
