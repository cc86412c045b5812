import type { RequestContext } from '../../contract/operation.ts'
import { type AssuranceLevel, type AuthMethod, metLevel } from '../../tokens/assurance.ts'
import type { User } from '../../users/user.ts'
import { codeLifetimeMs, hashOfCode, newAuthorizationCode } from '../codes/authorization-code.ts'
import { insertAuthorizationCode } from '../codes/authorization-code-repository.ts'
import type { DomainSessionReference } from '../domain-session/session-cookie.ts'
import { errorOfApi } from '../error-of-api.ts'
import { OAuthError } from '../oauth-error.ts'
import { deletePushedRequest } from '../pushed-requests/pushed-request-repository.ts'
import { type HostedTokensDeps, issueHostedTokens } from '../token/hosted-tokens.ts'
import { scopeMember } from '../token/scope-member.ts'
import type { AnswerTarget, AuthorizationRequest } from './authorization-request.ts'

/** The user who answers an authorization request, and how the user was authenticated. */
export type AuthenticatedUser = {
  readonly user: User
  /** Epoch seconds. */
  readonly authTime: number
  readonly methods: readonly AuthMethod[] | undefined
  /** The confirmed device that the user signed in on. */
  readonly deviceKey: string | undefined
  /** The session of the browser. Undefined in manner cognito. */
  readonly domainSession: DomainSessionReference | undefined
}

/** Where the browser goes. With `form` it sends these members there by POST. */
export type AppAnswer = { readonly location: string; readonly form?: Members | undefined }

/**
 * Answers an authorization request for a user, with a code or with tokens. An error, such as the refusal of a trigger function, goes to the
 * same address. A page of ours gets no answer: it finds the user's session itself.
 */
export async function answerForUser(
  deps: HostedTokensDeps,
  request: AuthorizationRequest,
  authenticated: AuthenticatedUser,
  context: RequestContext,
): Promise<AppAnswer> {
  if (request.ownPage !== undefined) return { location: request.target.redirectUri }
  try {
    // OpenID Connect Core §3.1.2.1: no other user than those that the app means may answer.
    if (request.acceptedSubs?.includes(authenticated.user.sub) === false) throw new OAuthError('login_required')
    const answered = { ...request, granted: { ...request.granted, level: requireAssurance(request, authenticated) } }
    await consumePushedRequest(deps, request)
    const members = await (request.responseType === 'code'
      ? giveCode(deps, answered, authenticated)
      : giveTokens(deps, answered, authenticated, context))
    return answerTo(request.target, members)
  } catch (error) {
    const refusal = errorOfApi(error)
    if (refusal === undefined || refusal.status !== 400) throw error
    // `invalid_grant` is an error of the token endpoint only. Here the user was disabled or signed out in this moment.
    return errorAnswer(request.target, refusal.error === 'invalid_grant' ? new OAuthError('server_error', { cause: error }) : refusal)
  }
}

/**
 * The level of assurance that tokens name, among those that the app asks for.
 *
 * @throws OAuthError unmet_authentication_requirements when the user has not reached a level that the app insists on.
 */
function requireAssurance({ assurance }: AuthorizationRequest, { methods }: AuthenticatedUser): AssuranceLevel | undefined {
  const level = assurance && methods && metLevel(assurance, methods)
  if (assurance?.isEssential && level === undefined) throw new OAuthError('unmet_authentication_requirements')
  return level
}

/** A pushed request is answered once (RFC 9126 §7.3). */
async function consumePushedRequest({ db }: HostedTokensDeps, { pool, pushedId }: AuthorizationRequest): Promise<void> {
  if (pushedId === undefined || (await deletePushedRequest(db, { poolId: pool.id, id: pushedId }))) return
  throw new OAuthError('invalid_request', { description: 'The request was answered already.' })
}

/** The answer with an error (RFC 6749 §4.1.2.1, §4.2.2.1), its members in Cognito's order. */
export function errorAnswer(target: AnswerTarget, { error, description }: OAuthError): AppAnswer {
  const { state, ...rest } = target
  return answerTo({ ...rest, state: undefined }, { error_description: description, state, error })
}

type Members = Readonly<Record<string, string | undefined>>

/** RFC 6749 §4.1.2. */
async function giveCode(
  { db, clock }: HostedTokensDeps,
  { pool, client, target, challenge, granted, nonce, boundTo }: AuthorizationRequest,
  { user, authTime, methods, deviceKey, domainSession }: AuthenticatedUser,
): Promise<Members> {
  const code = newAuthorizationCode()
  const { redirectUri, isDefaultRedirect } = target
  const binding = { redirectUri, isDefaultRedirect, challenge, granted, nonce, boundTo }
  const isStored = await insertAuthorizationCode(db, {
    poolId: pool.id,
    id: hashOfCode(code),
    sub: user.sub,
    clientId: client.id,
    expiresAt: clock.now() + codeLifetimeMs,
    details: { ...binding, authTime, methods, deviceKey, domainSession, userSignedOutAt: user.signedOutAt },
    sessionId: null,
  })
  if (!isStored) throw new OAuthError('server_error')
  return { code }
}

/** The implicit grant (RFC 6749 §4.2.2). It never gives a refresh token. */
async function giveTokens(
  deps: HostedTokensDeps,
  { pool, client, granted, nonce }: AuthorizationRequest,
  authenticated: AuthenticatedUser,
  context: RequestContext,
): Promise<Members> {
  const authentication = { ...authenticated, pool, client, granted, nonce, context }
  const { idToken, accessToken, expiresInSeconds } = await issueHostedTokens(deps, authentication, async () => undefined)
  const members = { id_token: idToken, access_token: accessToken, token_type: 'Bearer', expires_in: String(expiresInSeconds) }
  return { ...members, ...scopeMember(pool, accessToken) }
}

/** A redirect URI may have a query of its own, which stays as it is. A header must be ASCII, so other characters are encoded. */
function answerTo({ redirectUri, mode, state, issuer }: AnswerTarget, members: Members): AppAnswer {
  const all = { ...members, state: members['state'] ?? state, iss: issuer }
  const location = redirectUri.replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
  if (mode === 'form_post') return { location, form: all }
  const given = Object.entries(all)
  const text = new URLSearchParams(given.filter((entry): entry is [string, string] => entry[1] !== undefined)).toString()
  const separator = mode === 'fragment' ? '#' : redirectUri.includes('?') ? '&' : '?'
  return { location: location + separator + text }
}
