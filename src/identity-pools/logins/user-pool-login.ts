import type { Clock } from '../../base/clock.ts'
import { userPoolIdForm } from '../../pools/custom-ids.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { issuerOf } from '../../tokens/issue-tokens.ts'
import { isRevoked } from '../../tokens/session.ts'
import { findSession } from '../../tokens/session-repository.ts'
import type { SigningKeys } from '../../tokens/signing-keys.ts'
import { findUser } from '../../users/user-repository.ts'
import type { IdentityPool } from '../identity-pool.ts'
import {
  type LoginToken,
  notAnIdToken,
  RevokedLoginError,
  readLoginToken,
  requireClaim,
  unsupportedProvider,
  type VerifiedLogin,
  verifyLoginToken,
  wrongIssuer,
} from './login-token.ts'

export type UserPoolLoginDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly region: string
  readonly publicUrl: string
  readonly pools: PoolCatalog
  readonly signingKeys: SigningKeys
}

/** The name of a user pool as a login provider. The identities of the user pool's users are stored under this name. */
export const userPoolProviderName = (region: string, userPoolId: string) => `cognito-idp.${region}.amazonaws.com/${userPoolId}`

/**
 * The id of the user pool of this server that the login provider is. The provider may be named as at Cognito, as client libraries do, or
 * by the issuer of the pool's tokens without its scheme. Undefined for any other provider.
 */
export function userPoolIdOf({ region, publicUrl }: Pick<UserPoolLoginDeps, 'region' | 'publicUrl'>, provider: string): string | undefined {
  const id = provider.slice(provider.lastIndexOf('/') + 1)
  return userPoolIdForm.pattern.test(id) && namesOf({ region, publicUrl }, id).includes(provider) ? id : undefined
}

/** The names of a user pool in `Logins` and in the settings of identity pools. */
function namesOf({ region, publicUrl }: Pick<UserPoolLoginDeps, 'region' | 'publicUrl'>, userPoolId: string): readonly string[] {
  return [userPoolProviderName(region, userPoolId), issuerOf(publicUrl, userPoolId).replace(/^https?:\/\//, '')]
}

/** The provider as it is stored with the logins of identities. */
export function storedProviderOf(deps: Pick<UserPoolLoginDeps, 'region' | 'publicUrl'>, provider: string): string {
  const userPoolId = userPoolIdOf(deps, provider)
  return userPoolId === undefined ? provider : userPoolProviderName(deps.region, userPoolId)
}

/**
 * Verifies an ID token of a user pool of this server.
 * @throws ApiError NotAuthorizedException when the identity pool does not accept the token, or the token is not valid
 */
export async function verifyUserPoolLogin(
  deps: UserPoolLoginDeps,
  pool: IdentityPool,
  userPoolId: string,
  text: string,
): Promise<VerifiedLogin> {
  const accepted = pool.userPoolProviders.filter(({ name }) => userPoolIdOf(deps, name) === userPoolId)
  if (accepted.length === 0) throw unsupportedProvider()
  const token = readLoginToken(text)
  if (token.claims['iss'] !== issuerOf(deps.publicUrl, userPoolId)) throw wrongIssuer()
  const client = accepted.find(({ clientId }) => clientId === requireClaim(token, 'aud'))
  const { audience, subject } = await verifyUserPoolToken(deps, userPoolId, token, {
    isAccepted: client !== undefined,
    checksRevocation: client?.checksRevocation ?? false,
  })
  const provider = userPoolProviderName(deps.region, userPoolId)
  return {
    provider,
    subject,
    audience,
    amr: `${provider}:CognitoSignIn:${subject}`,
    claims: token.claims,
    // A setting for one app client precedes a setting for the user pool.
    providerNames: namesOf(deps, userPoolId).flatMap((name) => [`${name}:${audience}`, name]),
  }
}

/**
 * Verifies an ID token whose issuer is a user pool of this server.
 * @throws ApiError NotAuthorizedException when the token is not valid, is no ID token, or its user pool was deleted
 */
export async function verifyUserPoolToken(
  deps: UserPoolLoginDeps,
  userPoolId: string,
  token: LoginToken,
  { isAccepted, checksRevocation }: { readonly isAccepted: boolean; readonly checksRevocation: boolean },
): Promise<{ readonly audience: string; readonly subject: string }> {
  const audience = requireClaim(token, 'aud')
  const subject = requireClaim(token, 'sub')
  if (token.claims['token_use'] !== 'id') throw notAnIdToken()
  if (!isAccepted || (await deps.pools.findPool(userPoolId)) === undefined) throw unsupportedProvider()
  const key = token.kid === undefined ? undefined : await deps.signingKeys.find(userPoolId, token.kid)
  const publicKey = key?.use === 'id' ? key.publicKey : undefined
  await verifyLoginToken(token, publicKey, { algorithms: ['RS256'], now: deps.clock.now() })
  if (checksRevocation) await requireNotRevoked(deps, userPoolId, { clientId: audience, subject, sessionId: token.claims['event_id'] })
  return { audience, subject }
}

/**
 * Asks whether the session of the token lasts.
 * @throws ApiError NotAuthorizedException when the user is deleted, disabled or signed out, the session was revoked, or the client deleted
 */
async function requireNotRevoked(
  { db, pools }: UserPoolLoginDeps,
  poolId: string,
  { clientId, subject: sub, sessionId: id }: { readonly clientId: string; readonly subject: string; readonly sessionId: unknown },
): Promise<void> {
  const [owner, user, session] = await Promise.all([
    pools.findClient(clientId),
    findUser(db, poolId, sub),
    typeof id === 'string' ? findSession(db, { poolId, sub, id }) : undefined,
  ])
  const isValid = owner?.pool.id === poolId && user?.enabled === true && session !== undefined && !isRevoked(session, user)
  if (!isValid) throw new RevokedLoginError('Token has been revoked')
}
