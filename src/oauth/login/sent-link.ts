import { ApiError } from '../../contract/api-error.ts'
import { isSessionRefusal } from '../../signin/sign-in-errors.ts'
import type { RedirectToApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import type { Parameters } from '../parameters.ts'
import { type Continue, detourFor, type SignedIn } from './login.ts'
import { newPageStep } from './page-step.ts'
import { type LinkDeps, sendLink } from './send-link.ts'
import { beginAgain, type ExpiredStep, openStep, type StepForm, takeStepForm } from './step-page.ts'

/** The page that tells the user to look for the e-mail, and what was wrong with the last form. */
export type SentLinkForm = StepForm<'link'>

/**
 * The page of a browser that waits until its user opens a link.
 *
 * @throws PageError when client or redirect URI cannot be used.
 */
export const openSentLink = (deps: LinkDeps, browser: BrowserRequest): Promise<SentLinkForm | ExpiredStep | RedirectToApp> =>
  openStep(deps, browser, 'link')

/**
 * Sends another link, or lets the user choose another way to sign in.
 *
 * @throws PageError when client or redirect URI cannot be used, and when the pages send no links.
 */
export function submitSentLink(
  deps: LinkDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<SentLinkForm | ExpiredStep | Continue | SignedIn | RedirectToApp> {
  return takeStepForm(deps, browser, { kind: 'link', form }, async (request, step) => {
    const { username, isRemembered, pending, session, available } = step
    if (form.get('action') === 'change') {
      const choice = {
        kind: 'challenge',
        challenge: 'SELECT_CHALLENGE',
        username,
        isRemembered,
        pending,
        session,
        parameters: {},
        available,
      } as const
      return { kind: 'continue', request, step: newPageStep(request.client.id, choice, deps.clock.now()) }
    }
    try {
      return await sendLink(deps, browser, request, { username, isRemembered, pending, session, earlierStepId: step.id })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (isSessionRefusal(error)) return beginAgain(deps, browser, request, username)
      const detour = detourFor(request, { username, pending, error, query: browser.query, now: deps.clock.now() })
      return detour ?? { kind: 'link', request, step, problem: error }
    }
  })
}
