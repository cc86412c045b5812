import type { Clock } from '../../base/clock.ts'
import { isObject } from '../../base/is-object.ts'
import { fewRandomBytes } from '../../base/random-bytes.ts'
import type { Secrets } from '../../base/secrets.ts'
import { type ApiError, invalidParameter } from '../../contract/api-error.ts'
import { openLoginProviders } from '../login-providers.ts'
import { invalidLoginToken, type VerifiedLogin, wrongAudience, wrongIssuer } from './login-token.ts'
import { signOAuth1 } from './oauth1.ts'
import { type ApiProvider, type ProviderAnswer, type ProviderApis, providerNotResponding } from './provider-apis.ts'

export type PublicLoginDeps = { readonly clock: Clock; readonly secrets: Secrets; readonly providerApis: ProviderApis }

/** A login at a public provider that is no OpenID Connect issuer. `appId` is the value of the provider as the identity pool stores it. */
type Login = { readonly poolId: string; readonly provider: string; readonly appId: string; readonly token: string }

/** What the provider says about the user of a valid token. */
type Verified = Pick<VerifiedLogin, 'audience' | 'subject'> & { readonly iss: string }

/** The longest token, in characters. Tokens of Amazon have at most 2,048 bytes, those of the others are shorter as a rule. */
const maxTokenLength = 8192
/** The longest user id. */
const maxSubjectLength = 256

/**
 * Verifies an access token at the provider that issued it.
 * @throws ApiError NotAuthorizedException when the token is not valid, or was issued for another app
 * @throws ApiError InvalidParameterException when the provider verifies no tokens any more
 * @throws ApiError ExternalServiceException when the provider does not answer as it should
 */
export async function verifyPublicLogin(deps: PublicLoginDeps, { poolId, provider, appId, token }: Login): Promise<VerifiedLogin> {
  // The token becomes part of a header or a URL.
  if (token.length > maxTokenLength || !/^[\x21-\x7e]+$/.test(token)) throw notAccepted()
  const value = openLoginProviders(deps.secrets, poolId, { [provider]: appId })[provider] ?? ''
  const { audience, subject, iss } = await verifyAt(deps, provider, value, token)
  const claims = { iss, aud: audience, sub: subject }
  return { provider, subject, audience, amr: `${provider}:${audience}:${subject}`, claims, providerNames: [provider] }
}

function verifyAt(deps: PublicLoginDeps, provider: string, appId: string, token: string): Promise<Verified> {
  if (provider === 'graph.facebook.com') return verifyFacebook(deps.providerApis, appId, token)
  if (provider === 'www.amazon.com') return verifyAmazon(deps.providerApis, appId, token)
  if (provider === 'api.twitter.com') return verifyTwitter(deps, appId, token)
  throw invalidParameter(`Logins of ${provider} cannot be verified: the provider was shut down.`)
}

/** The app and the user that the token belongs to (Graph API: `/app` and `/me`). */
async function verifyFacebook(apis: ProviderApis, appId: string, token: string): Promise<Verified> {
  const provider = 'graph.facebook.com'
  const headers = { authorization: `Bearer ${token}` }
  const answers = await apis.ask(provider, [
    { path: '/app?fields=id', headers },
    { path: '/me?fields=id', headers },
  ])
  const [audience = '', subject = ''] = answers.map((answer) => {
    const { error } = answer.json
    // 102: the session has ended. 190: the token has expired, was revoked or is no token.
    if (isObject(error) && (error['code'] === 190 || error['code'] === 102)) throw notAccepted()
    return requireText(provider, answer, 'id')
  })
  if (audience !== appId) throw wrongAudience()
  return { audience, subject, iss: provider }
}

/**
 * Asks `/auth/o2/tokeninfo` of Login with Amazon, which takes the token in the URL only. The identity pool may name the app by its client
 * id (`aud`) or by the id of its security profile (`app_id`).
 */
async function verifyAmazon(apis: ProviderApis, appId: string, token: string): Promise<Verified> {
  const provider = 'www.amazon.com'
  const [answer] = await apis.ask(provider, [{ path: `/auth/o2/tokeninfo?access_token=${encodeURIComponent(token)}` }])
  if (answer === undefined) throw providerNotResponding(provider)
  const { error, iss, app_id, exp } = answer.json
  if (answer.status !== 200 && (error === 'invalid_token' || error === 'invalid_request')) throw notAccepted()
  const [audience, subject] = [requireText(provider, answer, 'aud'), requireText(provider, answer, 'user_id')]
  if (typeof exp !== 'number') throw providerNotResponding(provider)
  if (iss !== 'https://www.amazon.com') throw wrongIssuer()
  if (audience !== appId && app_id !== appId) throw wrongAudience()
  // `exp` is the number of seconds that are left.
  if (exp <= 0) throw notAccepted()
  return { audience, subject, iss }
}

/**
 * Asks `account/verify_credentials`, in a request that is signed as the app and the user. X accepts no token that it issued to another
 * app. The audience is the consumer key alone, because the token of an identity contains it.
 */
async function verifyTwitter({ providerApis, clock }: PublicLoginDeps, appId: string, token: string): Promise<Verified> {
  const provider = 'api.twitter.com'
  const [consumerKey = '', consumerSecret = ''] = appId.split(';')
  const [accessToken = '', tokenSecret = '', ...others] = token.split(';')
  if (accessToken === '' || tokenSecret === '' || others.length > 0) {
    throw invalidLoginToken('It is not an access token and its secret with a semicolon between them.')
  }
  const path = '/1.1/account/verify_credentials.json?include_entities=false&skip_status=true'
  const parameters = {
    oauth_consumer_key: consumerKey,
    oauth_nonce: fewRandomBytes(16).toString('hex'),
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: Math.floor(clock.now() / 1000).toString(),
    oauth_token: accessToken,
    oauth_version: '1.0',
  }
  const authorization = signOAuth1(`${providerApis.urlOf(provider)}${path}`, parameters, { consumerSecret, tokenSecret })
  const [answer] = await providerApis.ask(provider, [{ path, headers: { authorization } }])
  if (answer === undefined) throw providerNotResponding(provider)
  if (answer.status === 401) throw notAccepted()
  return { audience: consumerKey, subject: requireText(provider, answer, 'id_str'), iss: provider }
}

/** @throws ApiError ExternalServiceException when the provider does not answer with the member */
function requireText(provider: ApiProvider, { status, json }: ProviderAnswer, name: string): string {
  const value = json[name]
  const isText = typeof value === 'string' && value !== '' && value.length <= maxSubjectLength
  if (status !== 200 || !isText) throw providerNotResponding(provider)
  return value
}

const notAccepted = (): ApiError => invalidLoginToken('The provider does not accept the token.')
