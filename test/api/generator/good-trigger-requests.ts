import type { OperationName } from '../../../src/contract/operation.ts'
import { goodPassword } from '../../support/sign-in.ts'
import { type Maker, made } from './maker.ts'
import { send } from './send.ts'
import type { World } from './world.ts'

const nowhere = 'arn:aws:lambda:us-east-1:123456789012:function:nowhere'

const pools = new WeakMap<World, Promise<{ poolId: string; clientId: string }>>()

/** A pool whose sign-ups are refused, as its function is nowhere, and are recorded. */
function refusingPool(world: World): Promise<{ poolId: string; clientId: string }> {
  const pool = pools.get(world) ?? world.server.givenPool({ pool: { LambdaConfig: { PreSignUp: nowhere } } })
  pools.set(world, pool)
  return pool
}

const recorded: Maker = async (world) => {
  const { poolId, clientId } = await refusingPool(world)
  const name = world.freshName()
  await send(world.server, 'SignUp', { ClientId: clientId, Username: name, Password: goodPassword })
  const { Invocations } = await made(world, 'ListTriggerInvocations', { UserPoolId: poolId, Username: name })
  const [invocation] = Invocations as { readonly InvocationId: string }[]
  return { UserPoolId: poolId, InvocationId: invocation?.InvocationId }
}

const correctable = new WeakMap<World, Promise<string>>()

/** The client of a pool that lets new users correct their addresses. */
async function correctableClient(world: World): Promise<string> {
  const { poolId, clientId } = await world.server.givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
  await made(world, 'SetUserPoolExtensions', { UserPoolId: poolId, SignUp: { ContactCorrection: true } })
  return clientId
}

const mistyped: Maker = async (world) => {
  const client = correctable.get(world) ?? correctableClient(world)
  correctable.set(world, client)
  const request = { ClientId: await client, Username: world.freshName() }
  const UserAttributes = [{ Name: 'email', Value: `${request.Username}@mistyped.test` }]
  const { Session } = await made(world, 'SignUp', { ...request, Password: goodPassword, UserAttributes })
  return { ...request, Session, AttributeName: 'email', Value: `${request.Username}@example.test` }
}

/** Operations of Lifeguard's own about triggers and new users. */
export const triggerMakers: Partial<Record<OperationName, Maker>> = {
  ReplayTriggerInvocation: recorded,
  CorrectSignUpContact: mistyped,
}
