import { ApiError } from '../../contract/api-error.ts'
import { signInOnPage } from '../../signin/hosted/hosted-sign-in.ts'
import type { SignInDeps } from '../../signin/initiate.ts'
import type { ChallengeName } from '../../signin/sign-in.ts'
import { answerForUser } from '../authorize/authorization-answer.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type AuthorizeDeps, type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { newDomainSession, sealDomainSession } from '../domain-session/domain-session.ts'
import type { Parameters } from '../parameters.ts'

/** What the sign-in page shows: the form for an authorization request, and what was wrong with the last attempt. */
export type LoginForm = {
  readonly kind: 'form'
  readonly request: AuthorizationRequest
  readonly username: string
  readonly problem: ApiError | undefined
}

/** The sign-in needs a further step, which the pages do not offer yet. */
type FurtherStep = { readonly kind: 'challenge'; readonly challenge: ChallengeName }

/** The user has signed in: the browser keeps `cookie` for the pool and goes to the app. */
type SignedIn = { readonly kind: 'signed-in'; readonly poolId: string; readonly cookie: string; readonly location: string }

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
  deps: AuthorizeDeps & SignInDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<LoginForm | FurtherStep | SignedIn | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    const username = form.get('username') ?? ''
    try {
      return await signIn(deps, browser, request, { username, password: form.get('password') ?? '' })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { kind: 'form', request, username, problem: error }
    }
  })
}

async function signIn(
  deps: AuthorizeDeps & SignInDeps,
  { context }: BrowserRequest,
  request: AuthorizationRequest,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<FurtherStep | SignedIn> {
  const result = await signInOnPage(deps, request, { username, password, from: context })
  if (result.kind === 'challenge') return { kind: 'challenge', challenge: result.challenge.name }
  const { pool } = request
  const cookie = sealDomainSession(deps.secrets, newDomainSession(result.user, result, deps.clock.now()))
  const location = await answerForUser(deps, request, result, context)
  return { kind: 'signed-in', poolId: pool.id, cookie, location }
}
