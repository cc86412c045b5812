import type { OperationName } from '../../../src/contract/operation.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'

/** Requests of the registration of app clients. */
export const registrationRequests: Partial<Record<OperationName, RequestFactory>> = {
  CreateInitialAccessToken: ({ changeable }) => ({
    UserPoolId: changeable.poolId,
    Description: 'for the partner',
    LifetimeHours: 48,
    Uses: 3,
  }),
  DeleteInitialAccessToken: async (world) => {
    const { poolId: UserPoolId } = world.changeable
    const { InitialAccessToken } = await mustSucceed(world, 'CreateInitialAccessToken', { UserPoolId })
    const { InitialAccessTokenId } = InitialAccessToken as { InitialAccessTokenId: string }
    return { UserPoolId, InitialAccessTokenId }
  },
}
