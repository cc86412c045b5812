import type { Secrets } from '../base/secrets.ts'
import { invalidParameter } from '../contract/api-error.ts'
import type { CognitoIdentityProvider } from '../contract/generated/types.ts'
import type { Input, Output } from '../contract/operation.ts'
import type { IdentityPool, UserPoolProvider } from './identity-pool.ts'
import { openLoginProviders, sealLoginProviders } from './login-providers.ts'

type PoolRequest = Input<'CreateIdentityPool'>

/** What the request says about the pool. Optional members that the request does not have get their defaults. */
export function readSettings(
  secrets: Secrets,
  poolId: string,
  request: PoolRequest,
): Omit<IdentityPool, 'id' | 'createdAt' | 'updatedAt' | 'roles' | 'tagMaps'> {
  return {
    name: request.IdentityPoolName,
    allowsGuests: request.AllowUnauthenticatedIdentities,
    allowsClassicFlow: request.AllowClassicFlow,
    loginProviders: sealLoginProviders(secrets, poolId, request.SupportedLoginProviders ?? {}),
    developerProvider: request.DeveloperProviderName,
    oidcProviderArns: request.OpenIdConnectProviderARNs ?? [],
    userPoolProviders: (request.CognitoIdentityProviders ?? []).map(readUserPoolProvider),
    samlProviderArns: request.SamlProviderARNs ?? [],
    tags: { ...request.IdentityPoolTags },
  }
}

function readUserPoolProvider({ ProviderName, ClientId, ServerSideTokenCheck }: CognitoIdentityProvider): UserPoolProvider {
  if (ProviderName === undefined || ClientId === undefined) {
    throw invalidParameter('Each of CognitoIdentityProviders needs a ProviderName and a ClientId.')
  }
  return { name: ProviderName, clientId: ClientId, checksRevocation: ServerSideTokenCheck ?? false }
}

/** Empty lists and maps are left out, except tags. */
export function writeIdentityPool(secrets: Secrets, pool: IdentityPool): Output<'DescribeIdentityPool'> {
  const loginProviders = openLoginProviders(secrets, pool.id, pool.loginProviders)
  return {
    IdentityPoolId: pool.id,
    IdentityPoolName: pool.name,
    AllowUnauthenticatedIdentities: pool.allowsGuests,
    AllowClassicFlow: pool.allowsClassicFlow,
    SupportedLoginProviders: Object.keys(loginProviders).length === 0 ? undefined : loginProviders,
    DeveloperProviderName: pool.developerProvider,
    OpenIdConnectProviderARNs: unlessEmpty(pool.oidcProviderArns),
    CognitoIdentityProviders: unlessEmpty(pool.userPoolProviders)?.map(({ name, clientId, checksRevocation }) => ({
      ProviderName: name,
      ClientId: clientId,
      ServerSideTokenCheck: checksRevocation,
    })),
    SamlProviderARNs: unlessEmpty(pool.samlProviderArns),
    IdentityPoolTags: { ...pool.tags },
  }
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}
