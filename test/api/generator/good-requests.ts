import { definitionOf, getShape } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import type { Request } from './fields.ts'
import { appearanceRequests } from './good-appearance-requests.ts'
import { authorizationRequests } from './good-authorization-requests.ts'
import { deviceRequests } from './good-device-requests.ts'
import { eventRequests } from './good-event-requests.ts'
import { factorRequests } from './good-factor-requests.ts'
import { identityRequests } from './good-identity-requests.ts'
import { importRequests } from './good-import-requests.ts'
import { loginRequests } from './good-login-requests.ts'
import { messageRequests } from './good-message-requests.ts'
import { poolRequests } from './good-pool-requests.ts'
import { protectionRequests } from './good-protection-requests.ts'
import { registrationRequests } from './good-registration-requests.ts'
import { triggerRequests } from './good-trigger-requests.ts'
import { userRequests } from './good-user-requests.ts'
import type { RequestFactory } from './request-factory.ts'
import { exampleOf } from './shape-values.ts'
import { newSignedInUser, newUser, type World } from './world.ts'

const factories: Partial<Record<OperationName, RequestFactory>> = {
  ...poolRequests,
  ...userRequests,
  ...factorRequests,
  ...appearanceRequests,
  ...deviceRequests,
  ...eventRequests,
  ...importRequests,
  ...triggerRequests,
  ...messageRequests,
  ...identityRequests,
  ...loginRequests,
  ...authorizationRequests,
  ...protectionRequests,
  ...registrationRequests,
}

export const neverGood: readonly OperationName[] = [
  // A server has a single region, so requests for another region always fail.
  'CreateUserPoolReplica',
  'UpdateUserPoolReplica',
  'DeleteUserPoolReplica',
  // Lifeguard sends no notices of risky sign-ins, so no FeedbackToken reaches a user.
  'UpdateAuthEventFeedback',
]

/** A request that succeeds once. The operation's factory creates it; without a factory, the model and the ids in `world` are enough. */
export async function goodRequest(name: OperationName, world: World): Promise<Request> {
  return (await factories[name]?.(world)) ?? deriveRequest(name, world)
}

/** A request with the required members. Members such as UserPoolId get an id from `world`, the others an example of their shape. */
async function deriveRequest(name: OperationName, world: World): Promise<Request> {
  const { members = {}, required = [] } = getShape(definitionOf(name).input)
  // Operations about users get the main pool. The other operations may change their pool, so they get `changeable`.
  const app = Object.hasOwn(members, 'Username') ? world.main : world.changeable
  const request: Record<string, unknown> = {}
  for (const member of required) request[member] = (await fromWorld(member, world, app)) ?? exampleOf(members[member] ?? '')
  return request
}

async function fromWorld(member: string, world: World, { poolId, clientId }: World['main']): Promise<string | undefined> {
  switch (member) {
    case 'UserPoolId':
      return poolId
    case 'ClientId':
      return clientId
    case 'Username':
      return newUser(world)
    case 'AccessToken':
      return (await newSignedInUser(world)).accessToken
    default:
      return undefined
  }
}
