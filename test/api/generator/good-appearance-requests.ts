import type { OperationName } from '../../../src/contract/operation.ts'
import { ofDomain } from './good-pool-requests.ts'
import { type Maker, made } from './maker.ts'
import type { World } from './world.ts'

/** A pool and its client, for what each client can have once. */
async function anotherApp({ server }: World) {
  const { poolId, clientId } = await server.givenPool()
  return { UserPoolId: poolId, ClientId: clientId }
}

const newBranding = async (world: World) => ({ ...(await anotherApp(world)), UseCognitoProvidedValues: true })

const ofBranding: Maker = async (world) => {
  const branding = await newBranding(world)
  const { ManagedLoginBranding } = await made(world, 'CreateManagedLoginBranding', branding)
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
  const { Terms } = await made(world, 'CreateTerms', terms)
  return { ...terms, TermsId: (Terms as { TermsId: string }).TermsId }
}

const ofTerms: Maker = async (world) => {
  const { UserPoolId, TermsId } = await givenTerms(world)
  return { UserPoolId, TermsId }
}

const pageOf: Maker = async (world) => ({ UserPoolId: (await ofDomain(world))['UserPoolId'] })

const protectedPool: Maker = async (world) => {
  const addOns = { UserPoolTier: 'PLUS', UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } }
  const { UserPool } = await made(world, 'CreateUserPool', { PoolName: 'protected', ...addOns })
  return { UserPoolId: (UserPool as { Id: string }).Id }
}

/** Operations about what a pool shows and how it is protected, where the model and the ids of the world are not enough to go by. */
export const appearanceMakers: Partial<Record<OperationName, Maker>> = {
  CreateManagedLoginBranding: newBranding,
  CreateTerms: newTerms,
  DeleteManagedLoginBranding: ofBranding,
  DeleteTerms: ofTerms,
  DescribeManagedLoginBranding: ofBranding,
  DescribeManagedLoginBrandingByClient: async (world) => {
    const branding = await newBranding(world)
    await made(world, 'CreateManagedLoginBranding', branding)
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
