import type { OperationName } from '../../../src/contract/operation.ts'
import { switchTo } from '../../support/schema-changes.ts'
import { slowNetwork } from '../../support/stuffing.ts'
import { anotherPool } from './good-pool-requests.ts'
import type { RequestFactory } from './request-factory.ts'
import type { World } from './world.ts'

const selfService = {
  Operations: { DeleteUser: { Allowed: false }, ChangePassword: { MaxAuthAgeMinutes: 10, SecondFactor: true } },
  LockedAttributes: ['email'],
}

const names = { AliasAttributes: ['email'], UsernameConfiguration: { CaseSensitive: false }, MissingNames: 'REPORT' }

const changes = [{ Attribute: 'nickname', StringAttributeConstraints: { MaxLength: '100' } }]

const plainPools = new WeakMap<World, Promise<string>>()

/** A pool whose names can change as in `names`. The requests change nothing in it. */
function plainPool(world: World): Promise<string> {
  const pool = plainPools.get(world) ?? world.server.givenPool().then(({ poolId }) => poolId)
  plainPools.set(world, pool)
  return pool
}

/** A pool of its own whose schema is being changed. */
async function poolInChange({ server }: World) {
  const { poolId: UserPoolId } = await server.givenPool()
  await switchTo(server, UserPoolId, changes)
  return { UserPoolId }
}

/** Requests of threat protection, and of what users may do for themselves. */
export const protectionRequests: Partial<Record<OperationName, RequestFactory>> = {
  DescribeFormerPool: ({ main }) => ({ UserPoolId: main.poolId }),
  DescribeSchemaChange: ({ main }) => ({ UserPoolId: main.poolId }),
  PlanSchemaChange: async (world) => ({ UserPoolId: await plainPool(world), Changes: changes, ...names, MaxUsers: 5 }),
  StartSchemaChange: async (world) => ({ ...(await anotherPool(world)), Changes: changes, ...names, UndoableHours: 1 }),
  FinishSchemaChange: poolInChange,
  UndoSchemaChange: poolInChange,
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
