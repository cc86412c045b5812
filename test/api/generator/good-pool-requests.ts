import type { OperationName } from '../../../src/contract/operation.ts'
import { givenUser } from '../../support/sign-in.ts'
import { type Maker, made } from './maker.ts'
import type { Request } from './places.ts'
import { arnOf, newClient, type World } from './world.ts'

const workshopPool = ({ workshop }: World) => ({ UserPoolId: workshop.poolId })

const newProvider = (world: World) => ({
  ...workshopPool(world),
  ProviderName: world.freshName(),
  ProviderType: 'OIDC',
  ProviderDetails: {
    client_id: 'lifeguard',
    client_secret: 'secret',
    authorize_scopes: 'openid',
    oidc_issuer: 'https://idp.example.test',
    attributes_request_method: 'GET',
  },
  IdpIdentifiers: [world.freshName()],
})

/** The provider as it was asked for, and it is there. */
async function givenProvider(world: World) {
  const provider = newProvider(world)
  await made(world, 'CreateIdentityProvider', provider)
  return provider
}

const ofProvider: Maker = async (world) => {
  const { UserPoolId, ProviderName } = await givenProvider(world)
  return { UserPoolId, ProviderName }
}

/** A user, and somebody at a provider whom nobody is linked to yet. */
const newLink: Maker = async (world) => {
  const { UserPoolId, ProviderName } = await givenProvider(world)
  const user = world.freshName()
  await givenUser(world.server, UserPoolId, user)
  return {
    UserPoolId,
    DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: user },
    SourceUser: { ProviderName, ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: world.freshName() },
  }
}

const linkedIdentity: Maker = async (world) => {
  const link = await newLink(world)
  await made(world, 'AdminLinkProviderForUser', link)
  return { UserPoolId: link['UserPoolId'], User: link['SourceUser'] }
}

/** For what one pool can have only a few of. */
export const anotherPool = async ({ server }: World) => ({ UserPoolId: (await server.givenPool()).poolId })

const newResourceServer = async (world: World) => ({ ...(await anotherPool(world)), Identifier: world.freshName(), Name: 'server' })

const ofResourceServer: Maker = async (world) => {
  const server = await newResourceServer(world)
  await made(world, 'CreateResourceServer', server)
  return server
}

const newDomain = async (world: World) => ({ ...(await anotherPool(world)), Domain: world.freshName() })

export const ofDomain: Maker = async (world) => {
  const domain = await newDomain(world)
  await made(world, 'CreateUserPoolDomain', domain)
  return domain
}

async function secretClient(world: World, more: object = {}) {
  const { UserPoolClient } = await made(world, 'CreateUserPoolClient', {
    ...workshopPool(world),
    ClientName: 'secretive',
    GenerateSecret: true,
    ...more,
  })
  const { ClientId, ClientSecret } = UserPoolClient as { ClientId: string; ClientSecret: string }
  return { ClientId, ClientSecret }
}

const ofSecretClient = async (world: World) => ({ ...workshopPool(world), ClientId: (await secretClient(world)).ClientId })

const taggedPool = (world: World) => ({ ResourceArn: arnOf(world) })

/** One for all: its tokens are the first of its pool, and make two pairs of RSA keys. */
const machineClients = new WeakMap<World, Promise<Request>>()

async function newMachineClient(world: World): Promise<Request> {
  const { UserPoolId, Identifier } = await newResourceServer(world)
  await made(world, 'CreateResourceServer', {
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

/** Operations about pools and what belongs to them, where the model and the ids of the world are not enough to go by. */
export const poolMakers: Partial<Record<OperationName, Maker>> = {
  AddCustomAttributes: async (world) => ({
    ...(await anotherPool(world)),
    CustomAttributes: [{ Name: world.freshName(), AttributeDataType: 'String' }],
  }),
  AddUserPoolClientSecret: ofSecretClient,
  AdminDisableProviderForUser: linkedIdentity,
  AdminLinkProviderForUser: newLink,
  CreateIdentityProvider: newProvider,
  CreateResourceServer: newResourceServer,
  CreateUserPool: ({ freshName }) => ({ PoolName: freshName() }),
  CreateUserPoolClient: (world) => ({ ...workshopPool(world), ClientName: world.freshName() }),
  CreateUserPoolDomain: newDomain,
  DeleteIdentityProvider: ofProvider,
  DeleteResourceServer: ofResourceServer,
  DeleteUserPool: anotherPool,
  DeleteUserPoolClient: async (world) => ({ UserPoolId: world.main.poolId, ClientId: await newClient(world) }),
  DeleteUserPoolClientSecret: async (world) => {
    const client = await ofSecretClient(world)
    const { ClientSecretDescriptor } = await made(world, 'AddUserPoolClientSecret', client)
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
  RotateSigningKeys: workshopPool,
  TagResource: (world) => ({ ...taggedPool(world), Tags: { stage: 'test' } }),
  UntagResource: (world) => ({ ...taggedPool(world), TagKeys: ['stage'] }),
  UpdateIdentityProvider: ofProvider,
  UpdateProvisionedLimit: () => ({ ...limit, RequestedLimitValue: 1000 }),
  UpdateResourceServer: ofResourceServer,
  UpdateUserPool: workshopPool,
  UpdateUserPoolClient: ({ workshop }) => ({ UserPoolId: workshop.poolId, ClientId: workshop.clientId }),
  UpdateUserPoolDomain: async (world) => ({ ...(await ofDomain(world)), ManagedLoginVersion: 1 }),
}
