import type { OperationName } from '../../../src/contract/operation.ts'
import { givenIdentityPool, storeIdentities } from '../../support/identity-pools.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import type { World } from './world.ts'

const newPool = async ({ server, newName }: World) => givenIdentityPool(server, { IdentityPoolName: newName() })

const ofPool = async (world: World) => ({ IdentityPoolId: (await newPool(world)).IdentityPoolId })

async function newIdentity(world: World): Promise<string> {
  const { IdentityPoolId } = await ofPool(world)
  const [id = ''] = await storeIdentities(world.server, IdentityPoolId, [
    { logins: [{ provider: 'accounts.google.com', subject: world.newName() }] },
  ])
  return id
}

const taggedPool = async (world: World) => ({ ResourceArn: (await newPool(world)).arn })

const newSettings = ({ newName }: World) => ({ IdentityPoolName: newName(), AllowUnauthenticatedIdentities: true })

const IdentityProviderName = 'accounts.google.com'

/** Requests for the administration of identity pools. */
export const identityRequests: Partial<Record<OperationName, RequestFactory>> = {
  CreateIdentityPool: newSettings,
  DeleteIdentities: async (world) => ({ IdentityIdsToDelete: [await newIdentity(world)] }),
  DeleteIdentityPool: ofPool,
  DescribeIdentity: async (world) => ({ IdentityId: await newIdentity(world) }),
  DescribeIdentityPool: ofPool,
  GetIdentityPoolRoles: ofPool,
  GetPrincipalTagAttributeMap: async (world) => {
    const map = { ...(await ofPool(world)), IdentityProviderName }
    await mustSucceed(world, 'SetPrincipalTagAttributeMap', { ...map, UseDefaults: true })
    return map
  },
  ListIdentities: async (world) => ({ ...(await ofPool(world)), MaxResults: 10 }),
  ListIdentityPools: () => ({ MaxResults: 10 }),
  SetIdentityPoolRoles: async (world) => ({
    ...(await ofPool(world)),
    Roles: { authenticated: 'arn:aws:iam::123456789012:role/user' },
    RoleMappings: { [IdentityProviderName]: { Type: 'Token', AmbiguousRoleResolution: 'Deny' } },
  }),
  SetPrincipalTagAttributeMap: async (world) => ({ ...(await ofPool(world)), IdentityProviderName, PrincipalTags: { user: 'sub' } }),
  UpdateIdentityPool: async (world) => ({ ...(await ofPool(world)), ...newSettings(world) }),
  'identity:ListTagsForResource': taggedPool,
  'identity:TagResource': async (world) => ({ ...(await taggedPool(world)), Tags: { stage: 'test' } }),
  'identity:UntagResource': async (world) => ({ ...(await taggedPool(world)), TagKeys: ['stage'] }),
}
