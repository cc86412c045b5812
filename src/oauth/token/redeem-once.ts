import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { IssuedTokens } from '../../tokens/issue-tokens.ts'
import { revokeSession } from '../../tokens/session-repository.ts'
import type { User } from '../../users/user.ts'
import { findUser } from '../../users/user-repository.ts'
import { OAuthError } from '../oauth-error.ts'
import { isReadableScope } from '../scopes-of-users.ts'
import type { GrantRequest } from './grant.ts'
import { type HostedAuthentication, type HostedTokensDeps, issueHostedTokens } from './hosted-tokens.ts'

/** What a user of the hosted pages gave to a client, and what works once. */
export type OneTimeGrant = Pick<HostedAuthentication, 'authTime' | 'methods' | 'deviceKey' | 'granted' | 'nonce' | 'domainSession'> & {
  readonly poolId: string
  readonly sub: string
  /** The user's `signedOutAt` when the grant was given. */
  readonly userSignedOutAt: number | null
  /** The thumbprint of the key that the client has to have (RFC 9449 §10). */
  readonly boundTo?: string | undefined
  /** Uses the grant up. False when another request has used it first. */
  redeem(tx: Tx, sessionId: string): Promise<boolean>
  /** The session of the first use; null before it, and undefined when the grant is gone. */
  findSessionId(db: Db): Promise<string | null | undefined>
}

/**
 * Issues the tokens of a grant, and uses it up.
 *
 * @throws OAuthError invalid_grant when the client has not proven the key, when it may not read what a scope stands for (as at Cognito),
 *   when the user was disabled, signed out everywhere or deleted, and when the grant was used. A second use ends the session of the first.
 * @throws OAuthError and ApiError as `issueHostedTokens` does.
 */
export async function redeemOnce(deps: HostedTokensDeps, request: GrantRequest, grant: OneTimeGrant): Promise<IssuedTokens> {
  const { pool, client, context, boundTo } = request
  if (grant.boundTo !== undefined && grant.boundTo !== boundTo) throw invalidGrant()
  if (refusesUnreadable[mannerOf(pool)] && !grant.granted.scopes.every((scope) => isReadableScope(client, scope))) throw invalidGrant()
  const user = await requireUser(deps, grant)
  // The refresh token of a client with a secret is of no use to others anyway (RFC 9449 §5). The API does not know keys of clients.
  const binding = boundTo === undefined ? undefined : { boundTo, bindsRefreshToken: client.secrets.length === 0 }
  const { authTime, methods, deviceKey, granted, nonce, domainSession } = grant
  const authentication = { pool, client, user, context, authTime, methods, deviceKey, granted, nonce, domainSession, binding }
  try {
    return await issueHostedTokens(deps, authentication, async (tx, session) => {
      if (!(await grant.redeem(tx, session.id))) throw new RedeemedMeanwhile('invalid_grant')
    })
  } catch (error) {
    throw error instanceof RedeemedMeanwhile ? await refuseSecondUse(deps, grant) : error
  }
}

/** Whether a client gets no tokens that may not read all attributes of a scope. OpenID Connect leaves out such attributes. */
const refusesUnreadable: Readonly<Record<Manner, boolean>> = { COGNITO: true, STRICT: false }

/** Another request has redeemed the grant after this one found it unused. */
class RedeemedMeanwhile extends OAuthError {}

async function requireUser({ db }: HostedTokensDeps, { poolId, sub, userSignedOutAt }: OneTimeGrant): Promise<User> {
  const user = await findUser(db, poolId, sub)
  if (user === undefined || !user.enabled || user.signedOutAt !== userSignedOutAt) throw invalidGrant()
  return user
}

/**
 * A code that is used twice is in the hands of two parties, and nothing tells which of them is the thief. So the session of the first use
 * ends (RFC 6749 §4.1.2). Returns the refusal.
 */
export async function refuseSecondUse({ db, clock }: HostedTokensDeps, grant: OneTimeGrant): Promise<OAuthError> {
  const { poolId, sub } = grant
  const id = await grant.findSessionId(db)
  if (typeof id === 'string') await revokeSession(db, { poolId, sub, id }, clock.now())
  return invalidGrant()
}

export const invalidGrant = () => new OAuthError('invalid_grant')
