import type { WebIdentity } from '../../access/sessions/assume-role.ts'
import { ApiError } from '../../contract/api-error.ts'
import { findIdentityOfPool } from '../../identity-pools/identities/identity-administration-repository.ts'
import { ExpiredLoginError, invalidLoginToken, type LoginToken, readLoginToken } from '../../identity-pools/logins/login-token.ts'
import {
  type UserPoolLoginDeps,
  userPoolIdOf,
  userPoolProviderName,
  verifyUserPoolToken,
} from '../../identity-pools/logins/user-pool-login.ts'
import { type LoginDeps, ownProvider, verifyOpenIdLogin } from '../../identity-pools/logins/verify-logins.ts'
import { identityIssuerOf, verifyIdentityToken } from '../../identity-pools/tokens/identity-token.ts'
import { issuerOf } from '../../tokens/issue-tokens.ts'
import { StsError } from './sts-error.ts'

export type WebIdentityDeps = LoginDeps & { readonly accountId: string }

/**
 * The web identity that a token proves. Accepted are tokens of identity pools, ID tokens of user pools of this server, and ID tokens of the
 * OpenID Connect issuers of `--openid-clients`.
 * @throws StsError InvalidIdentityToken, ExpiredTokenException or IDPCommunicationError
 */
export async function verifyWebIdentityToken(deps: WebIdentityDeps, text: string): Promise<WebIdentity> {
  try {
    return await verify(deps, readLoginToken(text))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error instanceof ExpiredLoginError) throw new StsError('ExpiredTokenException', error.message)
    if (error.code === 'ExternalServiceException') throw new StsError('IDPCommunicationError', error.message, { cause: error })
    throw new StsError('InvalidIdentityToken', error.message)
  }
}

async function verify(deps: WebIdentityDeps, token: LoginToken): Promise<WebIdentity> {
  const issuer = token.claims['iss']
  if (typeof issuer !== 'string') throw invalidLoginToken('Missing a required claim: iss')
  if (issuer === identityIssuerOf(deps.publicUrl)) return verifyIdentity(deps, token)
  const name = issuer.replace(/^https?:\/\//, '')
  const userPoolId = userPoolIdOf(deps, name)
  if (userPoolId !== undefined && issuer === issuerOf(deps.publicUrl, userPoolId)) return verifyUser(deps, userPoolId, token)
  const registered = deps.openIdClients.get(name)
  if (registered?.url !== issuer) throw invalidLoginToken('This server does not know the issuer of the token.')
  const openIdIssuer = { ...registered, names: [registered.url], allowPrivate: true, arn: undefined }
  const { audience, subject } = await verifyOpenIdLogin(deps, openIdIssuer, name, token.text)
  return webIdentityOf(deps, name, { audience, subject })
}

/** A token of an identity pool. The identity has to exist, because its deletion ends its sessions. */
async function verifyIdentity(deps: WebIdentityDeps, token: LoginToken): Promise<WebIdentity> {
  const { poolId, identityId, amr, principalTags } = await verifyIdentityToken(deps, token)
  const identity = await findIdentityOfPool(deps.db, identityId)
  if (identity === undefined || identity.identityPoolId !== poolId || identity.disabledAt !== undefined) {
    throw invalidLoginToken('The identity does not exist any longer.')
  }
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

/** An ID token of a user pool. A revoked one is refused. */
async function verifyUser(deps: WebIdentityDeps & UserPoolLoginDeps, userPoolId: string, token: LoginToken): Promise<WebIdentity> {
  const verified = await verifyUserPoolToken(deps, userPoolId, token, { isAccepted: true, checksRevocation: true })
  return webIdentityOf(deps, userPoolProviderName(deps.region, userPoolId), verified)
}

function webIdentityOf(
  { accountId }: WebIdentityDeps,
  provider: string,
  { audience, subject }: Pick<WebIdentity, 'audience' | 'subject'>,
): WebIdentity {
  const principal = `arn:aws:iam::${accountId}:oidc-provider/${provider}`
  return { principal, provider, audience, subject, amr: undefined, tags: {}, identity: undefined }
}
