import { definitionOf, getShape } from '../../../src/contract/model.ts'
import type { OperationName } from '../../../src/contract/operation.ts'
import { appearanceMakers } from './good-appearance-requests.ts'
import { deviceMakers } from './good-device-requests.ts'
import { eventMakers } from './good-event-requests.ts'
import { factorMakers } from './good-factor-requests.ts'
import { importMakers } from './good-import-requests.ts'
import { messageMakers } from './good-message-requests.ts'
import { poolMakers } from './good-pool-requests.ts'
import { triggerMakers } from './good-trigger-requests.ts'
import { userMakers } from './good-user-requests.ts'
import type { Maker } from './maker.ts'
import type { Request } from './places.ts'
import { exampleOf } from './shape-values.ts'
import { newSignedInUser, newUser, type World } from './world.ts'

const makers: Partial<Record<OperationName, Maker>> = {
  ...poolMakers,
  ...userMakers,
  ...factorMakers,
  ...appearanceMakers,
  ...deviceMakers,
  ...eventMakers,
  ...importMakers,
  ...triggerMakers,
  ...messageMakers,
}

export const neverGood: readonly OperationName[] = [
  // A server has a single region, so what is about a second one is always refused.
  'CreateUserPoolReplica',
  'UpdateUserPoolReplica',
  'DeleteUserPoolReplica',
  // Nobody is sent a notice, and with it a token.
  'UpdateAuthEventFeedback',
]

/** A request that must be answered 200, once: as its room's list makes it, or as the model and the ids of the world suggest. */
export async function goodRequest(name: OperationName, world: World): Promise<Request> {
  return (await makers[name]?.(world)) ?? guess(name, world)
}

/** The required members: ids of the world where the member's name tells which, examples of the model elsewhere. */
async function guess(name: OperationName, world: World): Promise<Request> {
  const { members = {}, required = [] } = getShape(definitionOf(name).input)
  // What an operation about no user does to the pool must not get in the way of those about users.
  const app = Object.hasOwn(members, 'Username') ? world.main : world.workshop
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
