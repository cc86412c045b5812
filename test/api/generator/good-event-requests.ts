import { AdminListUserAuthEventsCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { OperationName } from '../../../src/contract/operation.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import type { RequestFactory } from './request-factory.ts'
import type { World } from './world.ts'

/** A user with one auth event, in a pool that records them. */
async function givenEvent({ server }: World) {
  const { poolId, clientId } = await server.givenPool({ pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } })
  await givenUser(server, poolId, 'watched')
  await givenTokens(server, clientId, 'watched')
  const place = { UserPoolId: poolId, Username: 'watched' }
  const { AuthEvents: [event] = [] } = await server.send(new AdminListUserAuthEventsCommand(place))
  return { ...place, EventId: event?.EventId }
}

const feedback: RequestFactory = async (world) => ({ ...(await givenEvent(world)), FeedbackValue: 'Invalid' })

/** For each operation on auth events, a function that creates a request which succeeds. */
export const eventRequests: Partial<Record<OperationName, RequestFactory>> = {
  AdminListUserAuthEvents: async (world) => {
    const { UserPoolId, Username } = await givenEvent(world)
    return { UserPoolId, Username }
  },
  AdminUpdateAuthEventFeedback: feedback,
  DescribeAuthEventRisk: givenEvent,
  UpdateAuthEventFeedback: async (world) => ({ ...(await feedback(world)), FeedbackToken: 'none-is-sent' }),
}
