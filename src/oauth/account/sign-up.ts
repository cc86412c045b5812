import { ApiError } from '../../contract/api-error.ts'
import { signInOnPage } from '../../signin/hosted/hosted-sign-in.ts'
import { signUp } from '../../users/sign-up/sign-up.operation.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { visitorOf } from '../devices/browser-device.ts'
import { type Continue, type SignedIn, toNextPage } from '../login/login.ts'
import { newPageStep, queryForStep } from '../login/page-step.ts'
import { newPasswordIn } from '../login/typed-values.ts'
import { PageError } from '../page-error.ts'
import type { Parameters } from '../parameters.ts'
import { type AccountDeps, sentTo, thenSignIn, withLinksOf } from './account-step.ts'
import { callOperation } from './call-operation.ts'
import { offersSignUp } from './offered-pages.ts'
import { readSignUp } from './sign-up-fields.ts'

/** What the sign-up page shows: the form, and what was wrong with the one that was sent. */
export type SignUpForm = {
  readonly kind: 'sign-up'
  readonly request: AuthorizationRequest
  readonly problem: ApiError | undefined
  /** The form that was refused. */
  readonly form?: Parameters | undefined
}

/**
 * The page on which a visitor creates an account.
 *
 * @throws PageError when client or redirect URI cannot be used, and when visitors cannot sign up.
 */
export function openSignUp(deps: AccountDeps, browser: BrowserRequest): Promise<SignUpForm | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    requireSignUpPage(request)
    return { kind: 'sign-up', request, problem: undefined }
  })
}

/**
 * Takes the form of the sign-up page. A user who is confirmed at once is signed in, by the password that was just typed.
 *
 * @throws PageError as `openSignUp` does.
 */
export function submitSignUp(
  deps: AccountDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<SignUpForm | Continue | SignedIn | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    requireSignUpPage(request)
    try {
      return await createAccount(deps, browser, request, form)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { kind: 'sign-up', request, problem: error, form }
    }
  })
}

function requireSignUpPage(request: AuthorizationRequest): void {
  if (!offersSignUp(request)) throw new PageError('page_not_offered', request.client.id)
}

async function createAccount(
  deps: AccountDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  form: Parameters,
): Promise<Continue | SignedIn> {
  const { username, attributes } = readSignUp(request, form)
  const password = newPasswordIn(form)
  // The API lets users of some pools sign up without a password. The page always asks for one, as Cognito's does.
  if (password === '') throw new ApiError('InvalidPasswordException', 'Password did not conform with policy: Password not long enough')
  const given = Object.entries(attributes).map(([Name, Value]) => ({ Name, Value }))
  const created = await callOperation(
    signUp,
    withLinksOf(deps, browser),
    { ...request, browser },
    { Username: username, Password: password, UserAttributes: given.filter(({ Value }) => Value !== '') },
  )
  if (created.UserConfirmed) {
    return thenSignIn(deps, request, username, async () => {
      const result = await signInOnPage(deps, request, { username, password, from: visitorOf(deps, browser, request) })
      return toNextPage(deps, browser, request, { username, isRemembered: false, result })
    })
  }
  const sent = { username, ...sentTo(created.CodeDeliveryDetails), session: created.Session, query: queryForStep(browser.query) }
  return { kind: 'continue', request, step: newPageStep(request.client.id, { kind: 'confirm', ...sent }, deps.clock.now()) }
}
