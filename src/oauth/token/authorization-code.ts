import { type Manner, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import { type AuthorizationCode, hashOfCode } from '../codes/authorization-code.ts'
import { findAuthorizationCode, redeemAuthorizationCode } from '../codes/authorization-code-repository.ts'
import { OAuthError } from '../oauth-error.ts'
import { requireParameter } from '../parameters.ts'
import { fitsChallenge } from '../pkce.ts'
import { type Grant, type GrantRequest, mayUseFlow, mayUseOAuth } from './grant.ts'
import type { HostedTokensDeps } from './hosted-tokens.ts'
import { invalidGrant, type OneTimeGrant, redeemOnce, refuseSecondUse } from './redeem-once.ts'

/** The grant `authorization_code` (RFC 6749 §4.1.3, RFC 7636): a client redeems a code of the hosted pages, once. */
export const authorizationCode: Grant<HostedTokensDeps> = {
  checks: [mayUseOAuth, mayUseFlow('code')],

  async exchange(deps, request) {
    const { pool, client, parameters } = request
    const hash = hashOfCode(requireParameter(parameters, 'code'))
    const code = await findAuthorizationCode(deps.db, pool.id, hash)
    if (code === undefined || code.clientId !== client.id) throw invalidGrant()
    const grant = grantOf(deps, code)
    if (code.sessionId !== null) throw await refuseSecondUse(deps, grant)
    if (code.expiresAt <= deps.clock.now()) throw invalidGrant()
    for (const check of codeChecks[mannerOf(pool)]) check(code, request)
    return redeemOnce(deps, request, grant)
  },
}

function grantOf({ clock }: HostedTokensDeps, code: AuthorizationCode): OneTimeGrant {
  const { poolId, sub, id } = code
  return {
    ...code.details,
    domainSession: code.details.domainSession,
    poolId,
    sub,
    redeem: (tx, sessionId) => redeemAuthorizationCode(tx, code, { sessionId, now: clock.now() }),
    findSessionId: async (db) => (await findAuthorizationCode(db, poolId, id))?.sessionId,
  }
}

/** One thing that a code is bound to. It throws an OAuthError when the token request does not fit. */
type CodeCheck = (code: AuthorizationCode, request: GrantRequest) => void

/** `refusal` is the error for another redirect URI than that of the authorization request. */
const hasSameRedirectUri =
  (refusal: () => OAuthError): CodeCheck =>
  ({ details }, { parameters }) => {
    const given = parameters.get('redirect_uri')
    if (given === undefined && !details.isDefaultRedirect) throw new OAuthError('invalid_request')
    if (given !== undefined && given !== details.redirectUri) throw refusal()
  }

const invalidRedirect = () => new OAuthError('unauthorized_client', { description: 'invalid_redirect' })

const hasVerifier: CodeCheck = ({ details }, { parameters }) => {
  if (!fitsChallenge(details.challenge, parameters.get('code_verifier'))) throw invalidGrant()
}

const codeChecks: Readonly<Record<Manner, readonly CodeCheck[]>> = {
  COGNITO: [hasSameRedirectUri(invalidRedirect), hasVerifier],
  // RFC 6749 §5.2
  STRICT: [hasSameRedirectUri(invalidGrant), hasVerifier],
}
