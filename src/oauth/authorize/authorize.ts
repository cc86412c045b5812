import type { Secrets } from '../../base/secrets.ts'
import type { BrowserRequest } from '../browser-request.ts'
import {
  acceptsSession,
  cookieAfterUse,
  findAccounts,
  findDomainSession,
  type LiveSession,
  type SessionCookie,
} from '../domain-session/domain-session.ts'
import { referenceTo } from '../domain-session/session-cookie.ts'
import { OAuthError } from '../oauth-error.ts'
import { findOfferedProviders, isMadeFor, offersOwnUsers, ownUsers } from '../providers/find-provider.ts'
import type { HostedTokensDeps } from '../token/hosted-tokens.ts'
import { isAssuranceAccepted } from './accepted-assurance.ts'
import { type AppAnswer, answerForUser, errorAnswer } from './authorization-answer.ts'
import { type AnswerTarget, type AuthorizationRequest, type AuthorizationRequestDeps, identifyRequest } from './authorization-request.ts'
import { readAuthorizationRequest } from './read-request.ts'

export type AuthorizeDeps = AuthorizationRequestDeps & HostedTokensDeps & { readonly secrets: Secrets }

/** The browser goes to the app. With `session`, it keeps this cookie for the pool. */
export type RedirectToApp = AppAnswer & { readonly kind: 'redirect'; readonly session?: PoolCookie | undefined }

/** The session cookie of the browser for a pool. */
export type PoolCookie = SessionCookie & { readonly poolId: string }

/** The user has to sign in first, or to choose among those who are signed in. */
export type SignInNeeded = { readonly kind: 'sign-in' | 'select-account'; readonly request: AuthorizationRequest }

/** The user has to sign in at an identity provider. */
export type ProviderNeeded = { readonly kind: 'provider'; readonly providerName: string; readonly request: AuthorizationRequest }

/**
 * The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2): answers for the user of the browser's session, or says that the
 * user has to sign in.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export async function authorize(deps: AuthorizeDeps, browser: BrowserRequest): Promise<RedirectToApp | SignInNeeded | ProviderNeeded> {
  return readingForApp(deps, browser, async (request) => {
    const answered = await answerForSession(deps, browser, request)
    if (answered !== undefined) return answered
    if (request.prompts.includes('none')) throw new OAuthError('login_required')
    const { namedProvider, prompts } = request
    const providerName = namedProvider ?? (await findOnlyProvider(deps, request)) ?? ownUsers
    if (providerName !== ownUsers) return { kind: 'provider', providerName, request }
    const offersChoice = prompts.includes('select_account') && !prompts.includes('login')
    const accounts = offersChoice ? await findAccountsFor(deps, browser, request) : []
    return { kind: accounts.length > 0 ? 'select-account' : 'sign-in', request }
  })
}

/** The users of the browser who could answer the request, the current one first. */
export async function findAccountsFor(
  deps: AuthorizeDeps,
  { sessionCookieOf }: BrowserRequest,
  request: AuthorizationRequest,
): Promise<readonly LiveSession[]> {
  const { pool } = request
  const accounts = await findAccounts(deps, { pool, cookie: sessionCookieOf(pool.id) })
  return accounts.filter(({ session }) => isMadeFor(request, session))
}

/** The only way to sign in to the client, if that is an identity provider: there is nothing to choose. */
async function findOnlyProvider({ db }: AuthorizeDeps, request: AuthorizationRequest): Promise<string | undefined> {
  if (offersOwnUsers(request.client)) return undefined
  const providers = await findOfferedProviders(db, request)
  return providers.length === 1 ? providers[0]?.name : undefined
}

/** Answers for the user of the browser's session. Undefined when there is no session that the client and the request accept. */
export async function answerForSession(
  deps: AuthorizeDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
): Promise<RedirectToApp | undefined> {
  const live = await findUsableSession(deps, browser, request)
  if (live === undefined) return undefined
  const { session, user } = live
  const { authTime, methods, deviceKey } = session
  const authenticated = { user, authTime, methods, deviceKey, domainSession: referenceTo(session) }
  const answer = await answerForUser(deps, request, authenticated, browser.context)
  const changed = cookieAfterUse(deps, { pool: request.pool, cookie: browser.sessionCookieOf(request.pool.id) })
  return { kind: 'redirect', ...answer, session: changed && { ...changed, poolId: request.pool.id } }
}

/**
 * Reads an authorization request and does `work` with it. Errors of both go to the app.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export async function readingForApp<T>(
  deps: AuthorizationRequestDeps,
  { host, query }: BrowserRequest,
  work: (request: AuthorizationRequest) => Promise<T>,
): Promise<T | RedirectToApp> {
  const identified = await identifyRequest(deps, host, query)
  try {
    return await work(await readAuthorizationRequest(deps, identified))
  } catch (error) {
    if (error instanceof OAuthError) return refusedToApp(identified.target, error)
    throw error
  }
}

const refusedToApp = (target: AnswerTarget, error: OAuthError): RedirectToApp => ({
  kind: 'redirect',
  ...errorAnswer(target, error),
})

/** What an app, or a page of ours, asks of a session. */
type SessionWish = Pick<AuthorizationRequest, 'pool' | 'client' | 'prompts' | 'namedProvider' | 'maxAge' | 'acceptedSubs' | 'assurance'>

/**
 * Undefined when there is no session, the client wants a newer one, or the app asks for a new sign-in, the choice of an account or another
 * identity provider.
 */
export async function findUsableSession(
  deps: AuthorizeDeps,
  { sessionCookieOf }: BrowserRequest,
  { pool, client, prompts, namedProvider, maxAge = Number.POSITIVE_INFINITY, acceptedSubs, assurance }: SessionWish,
): Promise<LiveSession | undefined> {
  if (prompts.includes('login') || prompts.includes('select_account')) return undefined
  const live = await findDomainSession(deps, { pool, cookie: sessionCookieOf(pool.id) })
  const now = deps.clock.now()
  if (live === undefined || !acceptsSession(client, live.session, now)) return undefined
  const isRecent = now <= (live.session.authTime + maxAge) * 1000
  const isMeant = acceptedSubs === undefined || acceptedSubs.includes(live.user.sub)
  if (!isRecent || !isMeant || !isMadeFor({ client, namedProvider }, live.session)) return undefined
  return (await isAssuranceAccepted(deps, { pool, assurance }, live)) ? live : undefined
}
