import { invalidParameter } from '../../contract/api-error.ts'
import type { IdentityPool } from '../identity-pool.ts'
import {
  invalidLoginToken,
  notAnIdToken,
  readLoginToken,
  requireClaim,
  unsupportedProvider,
  type VerifiedLogin,
  verifyLoginToken,
  wrongAudience,
  wrongIssuer,
} from './login-token.ts'
import { findOpenIdIssuer, type OpenIdClients, type OpenIdIssuer } from './openid-issuer.ts'
import type { OpenIdKeys } from './openid-keys.ts'
import { type PublicLoginDeps, verifyPublicLogin } from './public-login.ts'
import type { SamlLogins } from './saml-login.ts'
import { type UserPoolLoginDeps, userPoolIdOf, verifyUserPoolLogin } from './user-pool-login.ts'

export type LoginDeps = UserPoolLoginDeps &
  PublicLoginDeps & { readonly openIdClients: OpenIdClients; readonly openIdKeys: OpenIdKeys; readonly samlLogins: SamlLogins }

/** The tokens of a request, by provider. */
export type Logins = Readonly<Record<string, string>>

/** The provider name of this server's own tokens, as client libraries send it. */
export const ownProvider = 'cognito-identity.amazonaws.com'

/**
 * Verifies all logins, in the order of their providers. One wrong token makes the whole request fail.
 * @throws ApiError NotAuthorizedException when the pool does not accept a provider, or a token is not valid
 * @throws ApiError InvalidParameterException when the pool accepts the provider, but this server cannot verify its tokens
 * @throws ApiError ExternalServiceException when a provider does not respond
 */
export async function verifyLogins(deps: LoginDeps, pool: IdentityPool, logins: Logins): Promise<readonly VerifiedLogin[]> {
  // One after the other: a request has only one slot to give up while it waits for an issuer.
  const verified: VerifiedLogin[] = []
  for (const [provider, token] of Object.entries(logins)) verified.push(await verifyLogin(deps, pool, provider, token))
  const providers = new Set(verified.map(({ provider }) => provider))
  if (providers.size < verified.length) throw invalidParameter('Logins: one login provider has two names.')
  return verified.toSorted((one, other) => (one.provider < other.provider ? -1 : 1))
}

async function verifyLogin(deps: LoginDeps, pool: IdentityPool, provider: string, token: string): Promise<VerifiedLogin> {
  if (provider === ownProvider) throw invalidLoginToken("Can't pass in a Cognito token.")
  if (provider === pool.developerProvider) throw unsupportedProvider()
  const userPoolId = userPoolIdOf(deps, provider)
  if (userPoolId !== undefined) return verifyUserPoolLogin(deps, pool, userPoolId, token)
  const issuer = findOpenIdIssuer(deps.openIdClients, pool, provider)
  if (issuer !== undefined) return verifyOpenIdLogin(deps, issuer, provider, token)
  const appId = Object.hasOwn(pool.loginProviders, provider) ? pool.loginProviders[provider] : undefined
  if (appId !== undefined) return verifyPublicLogin(deps, { poolId: pool.id, provider, appId, token })
  if (pool.samlProviderArns.includes(provider)) return deps.samlLogins.verify(provider, token)
  throw unsupportedProvider()
}

/**
 * Verifies an ID token of an OpenID Connect issuer: OpenID Connect Core 1.0 §3.1.3.7, without a nonce.
 * @throws ApiError NotAuthorizedException when the token is not valid
 * @throws ApiError ExternalServiceException when the issuer does not respond
 */
export async function verifyOpenIdLogin(
  { openIdKeys, clock }: Pick<LoginDeps, 'openIdKeys' | 'clock'>,
  issuer: OpenIdIssuer,
  provider: string,
  text: string,
): Promise<VerifiedLogin> {
  const token = readLoginToken(text)
  const { iss, azp, aud, token_use: use } = token.claims
  // The issuer may be a user pool of Cognito or of another Lifeguard, whose access tokens can have the audience of an ID token.
  if (use !== undefined && use !== 'id') throw notAnIdToken()
  if (typeof iss !== 'string' || !issuer.names.includes(iss)) throw wrongIssuer()
  if (aud === undefined) throw invalidLoginToken('Missing a required claim: aud')
  const subject = requireClaim(token, 'sub')
  const audience = [azp ?? aud].flat().find((client) => issuer.clientIds.includes(client as string))
  if (typeof audience !== 'string') throw wrongAudience()
  const key = await openIdKeys.find(issuer, token.kid)
  await verifyLoginToken(token, key, { algorithms: ['RS256', 'RS384', 'RS512'], now: clock.now() })
  return {
    provider,
    subject,
    audience,
    amr: `${provider}:${audience}:${subject}`,
    claims: token.claims,
    providerNames: issuer.arn === undefined ? [provider] : [provider, issuer.arn],
  }
}
