import type { OperationName } from '../../../src/contract/operation.ts'
import { givenIdentityPool } from '../../support/identity-pools.ts'
import { putRole, trustOfIdentityPool } from '../../support/roles.ts'
import type { Request } from './fields.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import { newSignedInUser, type World } from './world.ts'

const DeveloperProviderName = 'login.shop.test'

/** An identity pool that accepts users of the main pool, and developer users. */
async function newPool({ server, main }: World) {
  const provider = `cognito-idp.${server.region}.amazonaws.com/${main.poolId}`
  const { IdentityPoolId } = await givenIdentityPool(server, {
    AllowClassicFlow: true,
    DeveloperProviderName,
    CognitoIdentityProviders: [{ ProviderName: provider, ClientId: main.clientId }],
  })
  return { IdentityPoolId, provider }
}

/** A new user's login to a new identity pool. */
async function newLogin(world: World) {
  const { IdentityPoolId, provider } = await newPool(world)
  const { idToken } = await newSignedInUser(world)
  return { IdentityPoolId, Logins: { [provider]: idToken } }
}

async function newIdentity(world: World) {
  const login = await newLogin(world)
  const { IdentityId } = await mustSucceed(world, 'GetId', login)
  return { IdentityId: String(IdentityId), Logins: login.Logins }
}

/** A new identity, in a pool with a role for users. */
async function newIdentityWithRole(world: World) {
  const login = await newLogin(world)
  const { IdentityPoolId } = login
  const CustomRoleArn = await putRole(world.server, world.newName(), trustOfIdentityPool(IdentityPoolId), [
    { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' },
  ])
  await mustSucceed(world, 'SetIdentityPoolRoles', { IdentityPoolId, Roles: { authenticated: CustomRoleArn } })
  const { IdentityId } = await mustSucceed(world, 'GetId', login)
  return { IdentityId: String(IdentityId), Logins: login.Logins, CustomRoleArn }
}

const ofDeveloperUser = async (world: World) => {
  const { IdentityPoolId } = await newPool(world)
  return { IdentityPoolId, Logins: { [DeveloperProviderName]: world.newName() } }
}

/** Gives new developer users of one new pool their identities. */
async function newDeveloperUsers(world: World, count: number) {
  const { IdentityPoolId } = await newPool(world)
  const names = Array.from({ length: count }, () => world.newName())
  const ids: string[] = []
  for (const name of names) {
    const request: Request = { IdentityPoolId, Logins: { [DeveloperProviderName]: name } }
    ids.push(String((await mustSucceed(world, 'GetOpenIdTokenForDeveloperIdentity', request))['IdentityId']))
  }
  return { IdentityPoolId, names, ids }
}

/** Requests for identities and their logins. */
export const loginRequests: Partial<Record<OperationName, RequestFactory>> = {
  GetCredentialsForIdentity: newIdentityWithRole,
  GetId: newLogin,
  GetOpenIdToken: newIdentity,
  GetOpenIdTokenForDeveloperIdentity: ofDeveloperUser,
  LookupDeveloperIdentity: async (world) => {
    const { IdentityPoolId, ids } = await newDeveloperUsers(world, 1)
    return { IdentityPoolId, IdentityId: ids[0] }
  },
  MergeDeveloperIdentities: async (world) => {
    const { IdentityPoolId, names } = await newDeveloperUsers(world, 2)
    return { IdentityPoolId, DeveloperProviderName, SourceUserIdentifier: names[0], DestinationUserIdentifier: names[1] }
  },
  UnlinkDeveloperIdentity: async (world) => {
    const { IdentityPoolId, names, ids } = await newDeveloperUsers(world, 1)
    return { IdentityPoolId, DeveloperProviderName, IdentityId: ids[0], DeveloperUserIdentifier: names[0] }
  },
  UnlinkIdentity: async (world) => {
    const { IdentityId, Logins } = await newIdentity(world)
    return { IdentityId, Logins, LoginsToRemove: Object.keys(Logins) }
  },
}
