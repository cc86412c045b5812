import type { OperationName } from '../../../src/contract/operation.ts'
import { withDatabaseOf } from '../../support/deleted-users.ts'
import { givenUser } from '../../support/sign-in.ts'
import type { Request } from './fields.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import { arnOf, newClient, newSignedInUser, type World } from './world.ts'

const changeablePool = ({ changeable }: World) => ({ UserPoolId: changeable.poolId })

const newProvider = (world: World) => ({
  ...changeablePool(world),
  ProviderName: world.newName(),
  ProviderType: 'OIDC',
  ProviderDetails: {
    client_id: 'lifeguard',
    client_secret: 'secret',
    authorize_scopes: 'openid',
    oidc_issuer: 'https://idp.example.test',
    attributes_request_method: 'GET',
  },
  IdpIdentifiers: [world.newName()],
})

/** Creates an identity provider, and returns the request that created it. */
async function givenProvider(world: World) {
  const provider = newProvider(world)
  await mustSucceed(world, 'CreateIdentityProvider', provider)
  return provider
}

const ofProvider: RequestFactory = async (world) => {
  const { UserPoolId, ProviderName } = await givenProvider(world)
  return { UserPoolId, ProviderName }
}

/** A request that links an identity at a new identity provider to a new user. The request is not sent yet. */
const newLink: RequestFactory = async (world) => {
  const { UserPoolId, ProviderName } = await givenProvider(world)
  const user = world.newName()
  await givenUser(world.server, UserPoolId, user)
  return {
    UserPoolId,
    DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: user },
    SourceUser: { ProviderName, ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: world.newName() },
  }
}

const linkedIdentity: RequestFactory = async (world) => {
  const link = await newLink(world)
  await mustSucceed(world, 'AdminLinkProviderForUser', link)
  return { UserPoolId: link['UserPoolId'], User: link['SourceUser'] }
}

/** A signed-in user with an identity that the user can unlink. */
const ownIdentity: RequestFactory = async (world) => {
  const { name, accessToken } = await newSignedInUser(world)
  const UserPoolId = world.main.poolId
  const provider = { ...newProvider(world), UserPoolId }
  await mustSucceed(world, 'CreateIdentityProvider', provider)
  const { ProviderName } = provider
  const UserId = world.newName()
  await mustSucceed(world, 'AdminLinkProviderForUser', {
    UserPoolId,
    DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: name },
    SourceUser: { ProviderName, ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: UserId },
  })
  return { AccessToken: accessToken, ProviderName, UserId }
}

/** A new pool, for resources of which a pool can have only a few. */
export const anotherPool = async ({ server }: World) => ({ UserPoolId: (await server.givenPool()).poolId })

/** A deleted pool that can be restored for a day, as if `--keep-deleted-pools-days` was set at the deletion. */
const keptPool: RequestFactory = async (world) => {
  const { UserPoolId } = await anotherPool(world)
  await mustSucceed(world, 'DeleteUserPool', { UserPoolId })
  const until = world.server.clock.now() + 86_400_000
  const kept = { due_at: until, kept_until: until }
  await withDatabaseOf(world.server, (db) => db.updateTable('deleted_pool').set(kept).where('id', '=', UserPoolId).execute())
  return { UserPoolId }
}

const newResourceServer = async (world: World) => ({ ...(await anotherPool(world)), Identifier: world.newName(), Name: 'server' })

const ofResourceServer: RequestFactory = async (world) => {
  const server = await newResourceServer(world)
  await mustSucceed(world, 'CreateResourceServer', server)
  return server
}

const newDomain = async (world: World) => ({ ...(await anotherPool(world)), Domain: world.newName() })

export const ofDomain: RequestFactory = async (world) => {
  const domain = await newDomain(world)
  await mustSucceed(world, 'CreateUserPoolDomain', domain)
  return domain
}

async function secretClient(world: World, more: object = {}) {
  const { UserPoolClient } = await mustSucceed(world, 'CreateUserPoolClient', {
    ...changeablePool(world),
    ClientName: 'secretive',
    GenerateSecret: true,
    ...more,
  })
  const { ClientId, ClientSecret } = UserPoolClient as { ClientId: string; ClientSecret: string }
  return { ClientId, ClientSecret }
}

const ofSecretClient = async (world: World) => ({ ...changeablePool(world), ClientId: (await secretClient(world)).ClientId })

const taggedPool = (world: World) => ({ ResourceArn: arnOf(world) })

/**
 * For each `World`, the client that all requests for client tokens name. They share one client, and so one pool, because the first token of
 * a pool creates two pairs of RSA keys, which takes long.
 */
const machineClients = new WeakMap<World, Promise<Request>>()

async function newMachineClient(world: World): Promise<Request> {
  const { UserPoolId, Identifier } = await newResourceServer(world)
  await mustSucceed(world, 'CreateResourceServer', {
    UserPoolId,
    Identifier,
    Name: 'server',
    Scopes: [{ ScopeName: 'read', ScopeDescription: 'Read' }],
  })
  const { ClientId, ClientSecret } = await secretClient(world, {
    UserPoolId,
    ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthFlows: ['client_credentials'],
    AllowedOAuthScopes: [`${Identifier}/read`],
  })
  return { ClientId, Secret: ClientSecret }
}

const limit = { LimitDefinition: { LimitClass: 'API_CATEGORY', Attributes: { Category: 'UserAuthentication' } } }

/** Requests for pools and their resources that cannot be derived from the model and the ids in a `World`. */
export const poolRequests: Partial<Record<OperationName, RequestFactory>> = {
  AddCustomAttributes: async (world) => ({
    ...(await anotherPool(world)),
    CustomAttributes: [{ Name: world.newName(), AttributeDataType: 'String' }],
  }),
  AddUserPoolClientSecret: ofSecretClient,
  AdminDisableProviderForUser: linkedIdentity,
  AdminLinkProviderForUser: newLink,
  UnlinkProvider: ownIdentity,
  CheckIdentityProvider: ofProvider,
  CreateIdentityProvider: newProvider,
  CreateResourceServer: newResourceServer,
  CreateUserPool: ({ newName }) => ({ PoolName: newName() }),
  CreateUserPoolClient: (world) => ({ ...changeablePool(world), ClientName: world.newName() }),
  CreateUserPoolDomain: newDomain,
  DeleteIdentityProvider: ofProvider,
  DeleteResourceServer: ofResourceServer,
  DeleteUserPool: anotherPool,
  RestoreUserPool: keptPool,
  DeleteUserPoolClient: async (world) => ({ UserPoolId: world.main.poolId, ClientId: await newClient(world) }),
  DeleteUserPoolClientSecret: async (world) => {
    const client = await ofSecretClient(world)
    const { ClientSecretDescriptor } = await mustSucceed(world, 'AddUserPoolClientSecret', client)
    return { ...client, ClientSecretId: (ClientSecretDescriptor as { ClientSecretId: string }).ClientSecretId }
  },
  DeleteUserPoolDomain: ofDomain,
  DescribeIdentityProvider: ofProvider,
  DescribeResourceServer: ofResourceServer,
  DescribeUserPoolDomain: ofDomain,
  GetClientToken: (world) => {
    const request = machineClients.get(world) ?? newMachineClient(world)
    machineClients.set(world, request)
    return request
  },
  GetIdentityProviderByIdentifier: async (world) => {
    const { UserPoolId, IdpIdentifiers } = await givenProvider(world)
    return { UserPoolId, IdpIdentifier: IdpIdentifiers[0] }
  },
  GetProvisionedLimit: () => limit,
  ListTagsForResource: taggedPool,
  ListUserPools: () => ({ MaxResults: 10 }),
  RotateSigningKeys: changeablePool,
  TagResource: (world) => ({ ...taggedPool(world), Tags: { stage: 'test' } }),
  UntagResource: (world) => ({ ...taggedPool(world), TagKeys: ['stage'] }),
  UpdateIdentityProvider: ofProvider,
  UpdateProvisionedLimit: () => ({ ...limit, RequestedLimitValue: 1000 }),
  UpdateResourceServer: ofResourceServer,
  UpdateUserPool: changeablePool,
  UpdateUserPoolClient: ({ changeable }) => ({ UserPoolId: changeable.poolId, ClientId: changeable.clientId }),
  UpdateUserPoolDomain: async (world) => ({ ...(await ofDomain(world)), ManagedLoginVersion: 1 }),
}
