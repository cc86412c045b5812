import { ApiError } from '../../contract/api-error.ts'
import { allowsFlow } from '../../signin/client-flows.ts'
import { chooseOnPage, type PageStepResult, signInOnPage } from '../../signin/hosted/hosted-sign-in.ts'
import { offerPasskeys, type PasskeyOffer, signInByPasskeyOnPage } from '../../signin/hosted/passkey-sign-in.ts'
import type { SignInDeps } from '../../signin/initiate.ts'
import { type AppAnswer, answerForUser } from '../authorize/authorization-answer.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type AuthorizeDeps, type PoolCookie, type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { cookieWithSession } from '../domain-session/domain-session.ts'
import type { Parameters } from '../parameters.ts'
import { thenPasskeys } from '../passkeys/add-passkey.ts'
import { withOnlySetupMethod } from './mfa-setup.ts'
import { challengeStep, newPageStep, type PageAttempt, type PageStep } from './page-step.ts'

export type LoginDeps = AuthorizeDeps & SignInDeps

/** What the sign-in page shows: the form for an authorization request, and what was wrong with the last attempt. */
export type LoginForm = {
  readonly kind: 'form'
  readonly request: AuthorizationRequest
  readonly username: string
  readonly problem: ApiError | undefined
}

/** The user has more to do. The browser keeps `step` and goes to the page of the step. */
export type Continue = { readonly kind: 'continue'; readonly request: AuthorizationRequest; readonly step: PageStep }

/** The user has signed in: the browser keeps the cookie `session` and goes to the app. */
export type SignedIn = AppAnswer & { readonly kind: 'signed-in'; readonly session: PoolCookie }

/**
 * The sign-in page. It may be opened directly, with the parameters of an authorization request.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export async function openLogin(deps: AuthorizeDeps, browser: BrowserRequest): Promise<LoginForm | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    const username = request.received.parameters.get('login_hint') ?? ''
    return { kind: 'form', request, username, problem: undefined }
  })
}

/**
 * Takes the form of the sign-in page. A refused sign-in shows the form again, with the reason that InitiateAuth would give.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export async function submitLogin(
  deps: LoginDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<LoginForm | Continue | SignedIn | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    const username = form.get('username') ?? ''
    try {
      const attempt = { username, isRemembered: form.has('remember') }
      return await toNextPage(deps, browser, request, { ...attempt, result: await begin(deps, browser, request, form) })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { kind: 'form', request, username, problem: error }
    }
  })
}

/**
 * Whether the sign-in page asks for the name first, and then lets the user choose how to sign in. Pools choose this by
 * AllowedFirstAuthFactors, and clients by ALLOW_USER_AUTH. The classic hosted UI knows passwords only.
 */
export function isNameFirst({ pool, client, isManagedLogin }: AuthorizationRequest): boolean {
  return isManagedLogin && allowsFlow(client, 'choice') && pool.allowedFirstFactors.some((factor) => factor !== 'PASSWORD')
}

/** What the sign-in page offers to browsers with passkeys. */
export async function passkeyOfferOf(deps: LoginDeps, request: AuthorizationRequest): Promise<PasskeyOffer | undefined> {
  return isNameFirst(request) ? offerPasskeys(deps, request) : undefined
}

function begin(
  deps: LoginDeps,
  { context: from }: BrowserRequest,
  request: AuthorizationRequest,
  form: Parameters,
): Promise<PageStepResult> {
  const username = form.get('username') ?? ''
  const [credential, session] = [form.get('credential'), form.get('passkey_session')]
  if (isNameFirst(request) && credential && session) return signInByPasskeyOnPage(deps, request, { session, credential, from })
  if (isNameFirst(request)) return chooseOnPage(deps, request, { username, from })
  return signInOnPage(deps, request, { username, password: form.get('password') ?? '', from })
}

/** The page after a step of a sign-in: that of the next challenge, or the app. */
export async function toNextPage(
  deps: LoginDeps,
  { context, query, sessionCookieOf }: BrowserRequest,
  request: AuthorizationRequest,
  { username, isRemembered, result }: PageAttempt & { readonly result: PageStepResult },
): Promise<Continue | SignedIn> {
  const { pool, client } = request
  const now = deps.clock.now()
  if (result.kind === 'challenge') {
    const step = await withOnlySetupMethod(deps, challengeStep({ username, isRemembered }, result.challenge))
    return { kind: 'continue', request, step: newPageStep(client.id, step, now) }
  }
  const session = cookieWithSession(deps, { pool, cookie: sessionCookieOf(pool.id) }, { ...result, isRemembered })
  const isPasskeyNext = request.received.parameters.get('then') === thenPasskeys
  const answer = isPasskeyNext ? { location: `/passkeys/add?${query}` } : await answerForUser(deps, request, result, context)
  return { kind: 'signed-in', session: { ...session, poolId: pool.id }, ...answer }
}
