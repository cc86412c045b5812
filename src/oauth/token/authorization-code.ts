import { revokeSession } from '../../tokens/session-repository.ts'
import type { User } from '../../users/user.ts'
import { findUser } from '../../users/user-repository.ts'
import { type AuthorizationCode, hashOfCode } from '../codes/authorization-code.ts'
import { findAuthorizationCode, redeemAuthorizationCode } from '../codes/authorization-code-repository.ts'
import { OAuthError } from '../oauth-error.ts'
import { requireParameter } from '../parameters.ts'
import { fitsChallenge } from '../pkce.ts'
import { isReadableScope } from '../scopes-of-users.ts'
import { type Grant, type GrantRequest, mayUseFlow, mayUseOAuth } from './grant.ts'
import { type HostedTokensDeps, issueHostedTokens } from './hosted-tokens.ts'

/** The grant `authorization_code` (RFC 6749 §4.1.3, RFC 7636): a client redeems a code of the hosted pages, once. */
export const authorizationCode: Grant<HostedTokensDeps> = {
  checks: [mayUseOAuth, mayUseFlow('code')],

  async exchange(deps, request) {
    const { pool, client, context, parameters, boundTo } = request
    const hash = hashOfCode(requireParameter(parameters, 'code'))
    const code = await findAuthorizationCode(deps.db, pool.id, hash)
    if (code === undefined || code.clientId !== client.id) throw invalidGrant()
    if (code.sessionId !== null) throw await refuseSecondUse(deps, code)
    if (code.expiresAt <= deps.clock.now()) throw invalidGrant()
    for (const check of codeChecks) check(code, request)
    const user = await requireUser(deps, code)
    // The refresh token of a client with a secret is of no use to others anyway (RFC 9449 §5). The API does not know keys of clients.
    const binding = boundTo === undefined ? undefined : { boundTo, bindsRefreshToken: client.secrets.length === 0 }
    return issueHostedTokens(deps, { ...code.details, pool, client, user, context, binding }, async (tx, session) => {
      if (await redeemAuthorizationCode(tx, code, { sessionId: session.id, now: deps.clock.now() })) return
      throw new RedeemedMeanwhile('invalid_grant')
    }).catch(async (error: unknown) => {
      throw error instanceof RedeemedMeanwhile ? await refuseSecondUse(deps, code) : error
    })
  },
}

/** Another request has redeemed the code after this one found it unused. */
class RedeemedMeanwhile extends OAuthError {}

/** One thing that a code is bound to. It throws an OAuthError when the token request does not fit. */
type CodeCheck = (code: AuthorizationCode, request: GrantRequest) => void

const hasSameRedirectUri: CodeCheck = ({ details }, { parameters }) => {
  const given = parameters.get('redirect_uri')
  if (given === undefined && !details.isDefaultRedirect) throw new OAuthError('invalid_request')
  if (given !== undefined && given !== details.redirectUri) {
    throw new OAuthError('unauthorized_client', { description: 'invalid_redirect' })
  }
}

const hasVerifier: CodeCheck = ({ details }, { parameters }) => {
  if (!fitsChallenge(details.challenge, parameters.get('code_verifier'))) throw invalidGrant()
}

/** Where the client may not read all attributes of a scope, Cognito refuses the grant. */
const mayReadScopes: CodeCheck = ({ details }, { client }) => {
  if (!details.granted.scopes.every((scope) => isReadableScope(client, scope))) throw invalidGrant()
}

/** RFC 9449 §10. */
const hasKey: CodeCheck = ({ details }, { boundTo }) => {
  if (details.boundTo !== undefined && details.boundTo !== boundTo) throw invalidGrant()
}

const codeChecks: readonly CodeCheck[] = [hasSameRedirectUri, hasVerifier, hasKey, mayReadScopes]

async function requireUser({ db }: HostedTokensDeps, { poolId, sub, details }: AuthorizationCode): Promise<User> {
  const user = await findUser(db, poolId, sub)
  if (user === undefined || !user.enabled || user.signedOutAt !== details.userSignedOutAt) throw invalidGrant()
  return user
}

/**
 * A code that is used twice is in the hands of two parties, and nothing tells which of them is the thief. So the session of the first use
 * ends (RFC 6749 §4.1.2). Returns the refusal.
 */
async function refuseSecondUse({ db, clock }: HostedTokensDeps, { poolId, id, sub }: AuthorizationCode): Promise<OAuthError> {
  const used = await findAuthorizationCode(db, poolId, id)
  if (used !== undefined && used.sessionId !== null) await revokeSession(db, { poolId, sub, id: used.sessionId }, clock.now())
  return invalidGrant()
}

const invalidGrant = () => new OAuthError('invalid_grant')
