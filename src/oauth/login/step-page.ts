import { ApiError } from '../../contract/api-error.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { answerForSession, type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import type { Parameters } from '../parameters.ts'
import { ownUsers } from '../providers/find-provider.ts'
import { findStep } from './find-step.ts'
import type { LoginDeps, LoginForm } from './login.ts'
import type { PageStep } from './page-step.ts'

type StepOf<K extends PageStep['kind']> = Extract<PageStep, { kind: K }>

/** What the page of a step shows, and what was wrong with the last form. */
export type StepForm<K extends PageStep['kind']> = {
  readonly kind: K
  readonly request: AuthorizationRequest
  readonly step: StepOf<K>
  readonly problem: ApiError | undefined
}

/** The step was given up, took too long, or goes on in another tab. The user begins again. */
export type ExpiredStep = Omit<LoginForm, 'kind'> & { readonly kind: 'expired' }

/**
 * The page of a step that the user of the browser has to take.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export function openStep<K extends PageStep['kind']>(
  deps: LoginDeps,
  browser: BrowserRequest,
  kind: K,
): Promise<StepForm<K> | ExpiredStep | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    const step = findStep(deps, browser, request, kind)
    return step === undefined ? beginAgain(deps, browser, request, '') : { kind, request, step, problem: undefined }
  })
}

/**
 * Does `work` with the form of the page of a step, if the form belongs to the step that the browser has now.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export function takeStepForm<K extends PageStep['kind'], Done>(
  deps: LoginDeps,
  browser: BrowserRequest,
  { kind, form }: { readonly kind: K; readonly form: Parameters },
  work: (request: AuthorizationRequest, step: StepOf<K>) => Promise<Done>,
): Promise<Done | ExpiredStep | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    const step = findStep(deps, browser, request, kind)
    const isCurrent = step !== undefined && form.get('step') === step.id
    return isCurrent ? work(request, step) : beginAgain(deps, browser, request, usernameIn(step))
  })
}

const usernameIn = (step: PageStep | undefined): string => step?.username ?? ''

/** A session that is older has nothing to do with the form: it may be that of another user of the browser. */
const justNowSeconds = 60

/**
 * The sign-in page, with the reason why the user is there again. A browser whose user has signed in just now goes to the app: the user went
 * back, or sent the form twice.
 */
export async function beginAgain(
  deps: LoginDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  username: string,
): Promise<ExpiredStep | RedirectToApp> {
  const maxAge = Math.min(request.maxAge ?? justNowSeconds, justNowSeconds)
  // The forms of the pages sign in users of the pool itself, also to prove that the identity of a named provider is theirs.
  const namedProvider = request.namedProvider && ownUsers
  const answered = await answerForSession(deps, browser, { ...request, maxAge, namedProvider })
  if (answered !== undefined) return answered
  const problem = new ApiError('NotAuthorizedException', 'This page has expired. Please try again.')
  return { kind: 'expired', request, username, problem }
}
