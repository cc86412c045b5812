import type { WebIdentity } from '../../access/sessions/assume-role.ts'
import { isObject } from '../../base/is-object.ts'
import { ApiError } from '../../contract/api-error.ts'
import { findIdentityOfPool } from '../../identity-pools/identities/identity-administration-repository.ts'
import { findIdentityPool } from '../../identity-pools/identity-pool-repository.ts'
import { ExpiredLoginError, type LoginToken, RevokedLoginError, readLoginToken } from '../../identity-pools/logins/login-token.ts'
import { userPoolIdOf, userPoolProviderName, verifyUserPoolToken } from '../../identity-pools/logins/user-pool-login.ts'
import { type LoginDeps, ownProvider, verifyOpenIdLogin } from '../../identity-pools/logins/verify-logins.ts'
import { identityIssuerOf, isDeveloperUserLinked, tagsClaim, verifyIdentityToken } from '../../identity-pools/tokens/identity-token.ts'
import { issuerOf } from '../../tokens/issue-tokens.ts'
import { StsError } from './sts-error.ts'

export type WebIdentityDeps = LoginDeps & { readonly accountId: string }

/**
 * Verifies a token of an identity pool or user pool of this server, or of an issuer in `--openid-clients`.
 * @throws StsError InvalidIdentityToken when the token is not valid, or no provider of this server issued it
 * @throws StsError ExpiredTokenException when the token has expired
 * @throws StsError IDPRejectedClaim when the session behind a user pool's token has ended
 * @throws StsError IDPCommunicationError when the issuer of the token does not respond
 */
export async function verifyWebIdentity(deps: WebIdentityDeps, text: string): Promise<WebIdentity> {
  try {
    const token = readLoginToken(text)
    const { iss: issuer } = token.claims
    if (typeof issuer !== 'string') throw new StsError('InvalidIdentityToken', 'Missing a required claim: iss')
    if (issuer === identityIssuerOf(deps.publicUrl)) return await verifyOwnToken(deps, token)
    const name = issuer.replace(/^https?:\/\//, '')
    const userPoolId = userPoolIdOf(deps, name)
    if (userPoolId !== undefined && issuer === issuerOf(deps.publicUrl, userPoolId)) return await verifyUserToken(deps, userPoolId, token)
    return await verifyOpenIdToken(deps, { issuer, name }, token)
  } catch (error) {
    throw explain(error)
  }
}

/** A token that GetOpenIdToken or GetOpenIdTokenForDeveloperIdentity issued. */
async function verifyOwnToken(deps: WebIdentityDeps, token: LoginToken): Promise<WebIdentity> {
  const content = await verifyIdentityToken(deps, token)
  const { poolId, identityId, amr, principalTags } = content
  const [pool, identity] = await Promise.all([findIdentityPool(deps.db, poolId), findIdentityOfPool(deps.db, identityId)])
  if (pool === undefined) throw new StsError('InvalidIdentityToken', 'Incorrect token audience')
  const isUsable = identity !== undefined && identity.identityPoolId === poolId && identity.disabledAt === undefined
  const isLinked = isUsable && (await isDeveloperUserLinked(deps.db, pool, content))
  if (!isLinked) throw new StsError('InvalidIdentityToken', 'The identity of the token does not exist any more.')
  return {
    principal: ownProvider,
    provider: ownProvider,
    audience: poolId,
    subject: identityId,
    amr,
    tags: principalTags,
    identity: { poolId, id: identityId },
  }
}

async function verifyUserToken(deps: WebIdentityDeps, userPoolId: string, token: LoginToken): Promise<WebIdentity> {
  const verified = await verifyUserPoolToken(deps, userPoolId, token, { isAccepted: true, checksRevocation: true })
  return federated(deps, userPoolProviderName(deps.region, userPoolId), verified, token)
}

async function verifyOpenIdToken(
  deps: WebIdentityDeps,
  { issuer, name }: { readonly issuer: string; readonly name: string },
  token: LoginToken,
): Promise<WebIdentity> {
  const registered = deps.openIdClients.get(name)
  if (registered?.url !== issuer) {
    throw new StsError('InvalidIdentityToken', 'No OpenIDConnect provider of this server (--openid-clients) is the issuer of the token.')
  }
  const known = { ...registered, names: [issuer], allowPrivate: true, arn: undefined }
  return federated(deps, name, await verifyOpenIdLogin(deps, known, name, token.text), token)
}

/** A user of an OpenID Connect provider. IAM names such a provider by its ARN. */
function federated(
  { accountId }: Pick<WebIdentityDeps, 'accountId'>,
  provider: string,
  { audience, subject }: Pick<WebIdentity, 'audience' | 'subject'>,
  { claims }: LoginToken,
): WebIdentity {
  const { amr } = claims
  return {
    principal: `arn:aws:iam::${accountId}:oidc-provider/${provider}`,
    provider,
    audience,
    subject,
    amr: Array.isArray(amr) && amr.every((method) => typeof method === 'string') ? amr : undefined,
    tags: tagsOf(claims[tagsClaim]),
    identity: undefined,
  }
}

/** The limits of session tags (IAM User Guide, "Pass session tags in AWS STS"). */
const mostTags = 50
const tagKey = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u
const tagValue = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u

/** @throws StsError InvalidIdentityToken when the claim has not the form of session tags */
function tagsOf(claim: unknown): Record<string, string> {
  if (claim === undefined) return {}
  const listed = isObject(claim) ? (claim['principal_tags'] ?? {}) : undefined
  if (!isObject(listed)) throw wrongTags()
  const tags = Object.entries(listed).map(([key, values]) => {
    const [value, ...others] = Array.isArray(values) ? values : []
    if (typeof value !== 'string' || others.length > 0 || !tagKey.test(key) || !tagValue.test(value)) throw wrongTags()
    return [key, value] as const
  })
  // The case of tag keys does not count in policies.
  const keys = new Set(tags.map(([key]) => key.toLowerCase()))
  if (tags.length > mostTags || keys.size < tags.length) throw wrongTags()
  return Object.fromEntries(tags)
}

const wrongTags = () => new StsError('InvalidIdentityToken', `The claim ${tagsClaim} does not have the form of session tags.`)

/** The error of the STS for an error of the verification of logins. */
function explain(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error
  const { message } = error
  if (error.code === 'ExternalServiceException') return new StsError('IDPCommunicationError', message, { cause: error })
  if (error instanceof ExpiredLoginError) return new StsError('ExpiredTokenException', message, { cause: error })
  if (error instanceof RevokedLoginError) return new StsError('IDPRejectedClaim', message, { cause: error })
  return error.code === 'NotAuthorizedException' ? new StsError('InvalidIdentityToken', message, { cause: error }) : error
}
