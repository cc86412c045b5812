import { CreateIdentityProviderCommand, type CreateIdentityProviderCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { codeClient, givenClient } from './oauth.ts'
import { serviceProviderOf } from './saml-pool.ts'
import type { RunningSamlProvider } from './saml-provider.ts'
import { newAppleTeam } from './social-providers.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

type Provider = Pick<CreateIdentityProviderCommandInput, 'ProviderName' | 'ProviderType' | 'ProviderDetails' | 'IdpIdentifiers'>

const entered = { client_id: 'shop', client_secret: 'secret', authorize_scopes: 'email' }

/** One provider of each type, without a server behind it. */
export function providersOfAllTypes(metadata: string, identifiers: readonly string[] = []): readonly Provider[] {
  const { team, privateKeyPem } = newAppleTeam()
  const apple = { client_id: team.clientId, team_id: team.teamId, key_id: team.keyId, private_key: privateKeyPem }
  return [
    { ProviderName: 'Google', ProviderType: 'Google', ProviderDetails: entered },
    { ProviderName: 'SignInWithApple', ProviderType: 'SignInWithApple', ProviderDetails: { ...apple, authorize_scopes: 'email' } },
    { ProviderName: 'Facebook', ProviderType: 'Facebook', ProviderDetails: entered },
    { ProviderName: 'LoginWithAmazon', ProviderType: 'LoginWithAmazon', ProviderDetails: entered },
    {
      ProviderName: 'Contoso',
      ProviderType: 'OIDC',
      ProviderDetails: { ...entered, oidc_issuer: 'https://contoso.test', attributes_request_method: 'GET' },
    },
    { ProviderName: 'Fabrikam', ProviderType: 'SAML', ProviderDetails: { MetadataFile: metadata }, IdpIdentifiers: [...identifiers] },
  ]
}

/** A pool with a provider of each type, and a client that offers them all beside the users of the pool. */
export async function givenAllProviders(
  server: TestServer,
  saml: RunningSamlProvider,
  {
    pool = {},
    client = {},
    identifiers = [],
    hasOwnUsers = true,
  }: TestPoolOptions & { readonly identifiers?: string[]; readonly hasOwnUsers?: boolean } = {},
) {
  const { poolId } = await server.givenPool({ pool })
  const metadata = await saml.open({ serviceProvider: serviceProviderOf(server, poolId), accounts: {} })
  const providers = providersOfAllTypes(metadata, identifiers)
  for (const provider of providers) await server.send(new CreateIdentityProviderCommand({ UserPoolId: poolId, ...provider }))
  const names = providers.map(({ ProviderName = '' }) => ProviderName)
  const SupportedIdentityProviders = hasOwnUsers ? ['COGNITO', ...names] : names
  return { poolId, ...(await givenClient(server, poolId, { ...codeClient, SupportedIdentityProviders, ...client })) }
}
