import {
  AdminGetUserCommand,
  CreateIdentityProviderCommand,
  type CreateIdentityProviderCommandInput,
  DescribeUserPoolClientCommand,
  ListUsersCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { decodeJwt } from 'jose'
import { callback, codeClient, encode, givenClient, requestToken } from './oauth.ts'
import { type RunningOpenIdProvider, signInAtProvider } from './openid-provider.ts'
import { locationOf, TestBrowser } from './test-browser.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export const providerClient = (server: Pick<TestServer, 'url'>, more: Readonly<Record<string, unknown>> = {}) => ({
  client_id: 'lifeguard',
  client_secret: 'the secret of our client there',
  redirect_uris: [`${server.url}/oauth2/idpresponse`],
  token_endpoint_auth_method: 'client_secret_post',
  ...more,
})

/** A pool with the OpenID Connect provider `Corp`, and a client that offers it beside the users of the pool. */
export async function givenFederatedPool(
  server: TestServer,
  provider: Pick<RunningOpenIdProvider, 'issuer'>,
  { pool = {}, client = {}, more = {} }: TestPoolOptions & { readonly more?: Partial<CreateIdentityProviderCommandInput> } = {},
) {
  const { poolId } = await server.givenPool({ pool })
  await givenProvider(server, provider, poolId, more)
  const offered = { ...codeClient, SupportedIdentityProviders: ['COGNITO', more.ProviderName ?? 'Corp'], ...client }
  const { clientId } = await givenClient(server, poolId, offered)
  return { poolId, clientId }
}

/** Adds the provider to a pool, under the name `Corp` unless `more` has another. */
export async function givenProvider(
  server: TestServer,
  provider: Pick<RunningOpenIdProvider, 'issuer'>,
  UserPoolId: string,
  more: Partial<CreateIdentityProviderCommandInput> = {},
): Promise<void> {
  await server.send(
    new CreateIdentityProviderCommand({
      UserPoolId,
      ProviderName: 'Corp',
      ProviderType: 'OIDC',
      AttributeMapping: { email: 'email', name: 'name' },
      ...more,
      ProviderDetails: {
        client_id: 'lifeguard',
        client_secret: 'the secret of our client there',
        authorize_scopes: 'openid email profile',
        attributes_request_method: 'GET',
        oidc_issuer: provider.issuer,
        ...more.ProviderDetails,
      },
    }),
  )
}

/** A second OpenID Connect provider of the pool, which the client offers as well. */
export async function addProvider(
  server: TestServer,
  provider: RunningOpenIdProvider,
  { poolId, clientId, name }: { readonly poolId: string; readonly clientId: string; readonly name: string },
): Promise<void> {
  await givenProvider(server, provider, poolId, { ProviderName: name })
  await offerProvider(server, { poolId, clientId, name })
}

/** From now on the client offers the provider as well. */
export async function offerProvider(
  server: TestServer,
  { poolId, clientId, name }: { readonly poolId: string; readonly clientId: string; readonly name: string },
): Promise<void> {
  const { UserPoolClient } = await server.send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
  const { LastModifiedDate: _changed, CreationDate: _created, ClientSecret: _secret, ...settings } = UserPoolClient ?? {}
  const SupportedIdentityProviders = [...(settings.SupportedIdentityProviders ?? []), name]
  await server.send(new UpdateUserPoolClientCommand({ ...settings, UserPoolId: poolId, ClientId: clientId, SupportedIdentityProviders }))
}

export const appRequest = (clientId: string, more: Readonly<Record<string, string | undefined>> = {}) => ({
  client_id: clientId,
  redirect_uri: callback,
  response_type: 'code',
  state: 's',
  identity_provider: 'Corp',
  ...more,
})

/** A whole sign-in at the provider. Returns the address at which the app gets the answer. */
export async function signInByProvider(
  server: Pick<TestServer, 'url'>,
  request: Readonly<Record<string, string | undefined>>,
  login: string,
  browser = new TestBrowser(server),
): Promise<string> {
  const toProvider = locationOf(await browser.visit(`/oauth2/authorize?${encode(request)}`))
  const back = await signInAtProvider(toProvider, login)
  return locationOf(await browser.visit(back.pathname + back.search))
}

/** The tokens for the code in `location`. */
export async function tokensFor(server: Pick<TestServer, 'url'>, clientId: string, location: string) {
  const code = new URL(location).searchParams.get('code')
  if (code === null) throw new Error(`The app got no code: ${location}`)
  const { body } = await requestToken(server, { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code })
  const [idToken, accessToken] = [String(body['id_token']), String(body['access_token'])]
  return { idToken, accessToken, claims: decodeJwt(idToken) }
}

/** The user as AdminGetUser shows it: status and attributes. */
export async function readUser(server: TestServer, poolId: string, username: string) {
  const { UserStatus, UserAttributes = [] } = await server.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: username }))
  return { status: UserStatus, attributes: Object.fromEntries(UserAttributes.map(({ Name, Value }) => [Name, Value])) }
}

export async function usernamesIn(server: TestServer, poolId: string): Promise<readonly (string | undefined)[]> {
  const { Users = [] } = await server.send(new ListUsersCommand({ UserPoolId: poolId }))
  return Users.map(({ Username }) => Username).sort()
}
