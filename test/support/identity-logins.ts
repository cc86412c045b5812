import type { Input } from '../../src/contract/operation.ts'
import { callJson, givenIdentityPool } from './identity-pools.ts'
import { claimsOf, givenTokens, givenUser } from './sign-in.ts'
import type { TestServer } from './test-server.ts'

export const forbidden = (id: string) => ({ name: 'NotAuthorizedException', message: `Access to Identity '${id}' is forbidden.` })
export const invalidLogin = (detail: string) => ({ name: 'NotAuthorizedException', message: `Invalid login token. ${detail}` })
export const wrongIssuer = invalidLogin("Issuer doesn't match providerName")
export const wrongSignature = invalidLogin('Token signature invalid')
export const unsupportedProvider = {
  name: 'NotAuthorizedException',
  message: 'Token is not from a supported provider of this identity pool.',
}
export const loginsDoNotMatch = {
  name: 'NotAuthorizedException',
  message: "Logins don't match. Please include at least one valid login for this identity or identity pool.",
}
export const unknownId = 'us-east-1:00000000-0000-0000-0000-000000000000'

export const providerOf = (server: Pick<TestServer, 'region'>, poolId: string) => `cognito-idp.${server.region}.amazonaws.com/${poolId}`

type Logins = Readonly<Record<string, string>>

export const getId = async (server: TestServer, IdentityPoolId: string, Logins?: Logins) =>
  (await callJson(server, 'GetId', { IdentityPoolId, Logins })).IdentityId ?? ''

/** The id in the answer, and the claims of the token. */
export async function getToken(server: TestServer, IdentityId: string, Logins?: Logins) {
  const { IdentityId: id = '', Token = '' } = await callJson(server, 'GetOpenIdToken', { IdentityId, Logins })
  return { id, token: Token, claims: claimsOf(Token) }
}

/** A user pool, and an identity pool that accepts its users. */
export async function givenPools(
  server: TestServer,
  { revocation = false, ...more }: Partial<Input<'CreateIdentityPool'>> & { readonly revocation?: boolean } = {},
) {
  const app = await server.givenPool()
  const provider = providerOf(server, app.poolId)
  const { IdentityPoolId } = await givenIdentityPool(server, {
    AllowClassicFlow: true,
    CognitoIdentityProviders: [{ ProviderName: provider, ClientId: app.clientId, ServerSideTokenCheck: revocation }],
    ...more,
  })
  /** Creates a user, and returns the user's login. */
  const login = async (username: string) => {
    await givenUser(server, app.poolId, username)
    const tokens = await givenTokens(server, app.clientId, username)
    return { ...tokens, Logins: { [provider]: tokens.idToken } }
  }
  return { ...app, provider, IdentityPoolId, login }
}
