import type { OperationName } from '../../../src/contract/operation.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import { send } from './send.ts'
import type { World } from './world.ts'

const nowhere = 'arn:aws:lambda:us-east-1:123456789012:function:nowhere'

const pools = new WeakMap<World, Promise<{ poolId: string; clientId: string }>>()

/** A pool whose sign-ups fail and are recorded, because its trigger function does not exist. */
function refusingPool(world: World): Promise<{ poolId: string; clientId: string }> {
  const pool = pools.get(world) ?? world.server.givenPool({ pool: { LambdaConfig: { PreSignUp: nowhere } } })
  pools.set(world, pool)
  return pool
}

const recorded: RequestFactory = async (world) => {
  const { poolId, clientId } = await refusingPool(world)
  const name = world.newName()
  await send(world.server, 'SignUp', { ClientId: clientId, Username: name, Password: goodPassword })
  const { Invocations } = await mustSucceed(world, 'ListTriggerInvocations', { UserPoolId: poolId, Username: name })
  const [invocation] = Invocations as { readonly InvocationId: string }[]
  return { UserPoolId: poolId, InvocationId: invocation?.InvocationId }
}

const correctable = new WeakMap<World, Promise<string>>()

/** The client of a pool in which new users can correct their addresses. */
async function correctableClient(world: World): Promise<string> {
  const { poolId, clientId } = await world.server.givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
  await mustSucceed(world, 'SetUserPoolExtensions', { UserPoolId: poolId, SignUp: { ContactCorrection: true } })
  return clientId
}

const mistyped: RequestFactory = async (world) => {
  const client = correctable.get(world) ?? correctableClient(world)
  correctable.set(world, client)
  const request = { ClientId: await client, Username: world.newName() }
  const UserAttributes = [{ Name: 'email', Value: `${request.Username}@mistyped.test` }]
  const { Session } = await mustSucceed(world, 'SignUp', { ...request, Password: goodPassword, UserAttributes })
  return { ...request, Session, AttributeName: 'email', Value: `${request.Username}@example.test` }
}

/** For each operation on triggers and sign-ups that only Lifeguard has, a function that creates a request which succeeds. */
export const triggerRequests: Partial<Record<OperationName, RequestFactory>> = {
  ReplayTriggerInvocation: recorded,
  CorrectSignUpContact: mistyped,
}
