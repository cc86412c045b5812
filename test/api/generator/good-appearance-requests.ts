import type { OperationName } from '../../../src/contract/operation.ts'
import { ofDomain } from './good-pool-requests.ts'
import { mustSucceed, type RequestFactory } from './request-factory.ts'
import type { World } from './world.ts'

/** A new pool and client, for resources of which a client can have only one. */
async function anotherApp({ server }: World) {
  const { poolId, clientId } = await server.givenPool()
  return { UserPoolId: poolId, ClientId: clientId }
}

const newBranding = async (world: World) => ({ ...(await anotherApp(world)), UseCognitoProvidedValues: true })

const ofBranding: RequestFactory = async (world) => {
  const branding = await newBranding(world)
  const { ManagedLoginBranding } = await mustSucceed(world, 'CreateManagedLoginBranding', branding)
  const { ManagedLoginBrandingId } = ManagedLoginBranding as { ManagedLoginBrandingId: string }
  return { UserPoolId: branding.UserPoolId, ManagedLoginBrandingId }
}

const newTerms = async (world: World) => ({
  ...(await anotherApp(world)),
  TermsName: 'terms-of-use',
  TermsSource: 'LINK',
  Enforcement: 'NONE',
  Links: { 'cognito:default': 'https://app.example.test/terms' },
})

async function givenTerms(world: World) {
  const terms = await newTerms(world)
  const { Terms } = await mustSucceed(world, 'CreateTerms', terms)
  return { ...terms, TermsId: (Terms as { TermsId: string }).TermsId }
}

const ofTerms: RequestFactory = async (world) => {
  const { UserPoolId, TermsId } = await givenTerms(world)
  return { UserPoolId, TermsId }
}

const pageOf: RequestFactory = async (world) => ({ UserPoolId: (await ofDomain(world))['UserPoolId'] })

const protectedPool: RequestFactory = async (world) => {
  const addOns = { UserPoolTier: 'PLUS', UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } }
  const { UserPool } = await mustSucceed(world, 'CreateUserPool', { PoolName: 'protected', ...addOns })
  return { UserPoolId: (UserPool as { Id: string }).Id }
}

/** Requests for hosted pages and risk configurations that cannot be derived from the model and the ids in a `World`. */
export const appearanceRequests: Partial<Record<OperationName, RequestFactory>> = {
  CreateManagedLoginBranding: newBranding,
  CreateTerms: newTerms,
  DeleteManagedLoginBranding: ofBranding,
  DeleteTerms: ofTerms,
  DescribeManagedLoginBranding: ofBranding,
  DescribeManagedLoginBrandingByClient: async (world) => {
    const branding = await newBranding(world)
    await mustSucceed(world, 'CreateManagedLoginBranding', branding)
    return branding
  },
  DescribeRiskConfiguration: protectedPool,
  DescribeTerms: ofTerms,
  DescribeTermsByClient: async (world) => {
    const { UserPoolId, ClientId, TermsName } = await givenTerms(world)
    return { UserPoolId, ClientId, TermsName }
  },
  GetUICustomization: pageOf,
  SetRiskConfiguration: protectedPool,
  SetUICustomization: pageOf,
  UpdateManagedLoginBranding: ofBranding,
  UpdateTerms: ofTerms,
}
