import { randomUUID } from 'node:crypto'
import { ApiError } from '../../contract/api-error.ts'
import { deviceTypeOf } from '../../protection/device-type.ts'
import { chooseOnPage } from '../../signin/hosted/hosted-sign-in.ts'
import { offersLinks, sendLinkOnPage } from '../../signin/hosted/link-sign-in.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { visitorOf } from '../devices/browser-device.ts'
import { PageError } from '../page-error.ts'
import type { Parameters } from '../parameters.ts'
import { endpointBaseOfHost } from '../request-host.ts'
import { type Continue, detourFor, type LoginDeps, type LoginForm, type SignedIn, toNextPage } from './login.ts'
import { newPageStep, type PageAttempt } from './page-step.ts'
import { requirePending } from './pending-identity.ts'
import { nameIn } from './typed-values.ts'

export type LinkDeps = LoginDeps & { readonly publicUrl: string }

/**
 * Takes the form of the sign-in page of a user who asks for a link. A user who cannot sign in by a link chooses another way.
 *
 * @throws PageError when client or redirect URI cannot be used, and when the pages send no links.
 */
export function submitLinkRequest(
  deps: LinkDeps,
  browser: BrowserRequest,
  form: Parameters,
): Promise<LoginForm | Continue | SignedIn | RedirectToApp> {
  return readingForApp(deps, browser, async (request) => {
    requireLinks(request)
    const attempt = { username: nameIn(request.pool, form), isRemembered: form.has('remember') }
    try {
      const pending = requirePending(deps, browser, request, form.get('step'))
      return await begin(deps, browser, request, { ...attempt, pending })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const detour = detourFor(request, { username: attempt.username, error, query: browser.query, now: deps.clock.now() })
      return detour ?? { kind: 'form', request, username: attempt.username, problem: error }
    }
  })
}

async function begin(
  deps: LinkDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  attempt: PageAttempt,
): Promise<Continue | SignedIn> {
  // The button sends the form without a check of its fields.
  if (attempt.username === '') throw new ApiError('InvalidParameterException', 'The name is missing.')
  const result = await chooseOnPage(deps, request, { username: attempt.username, from: visitorOf(deps, browser, request) })
  const { session, available } = result.kind === 'challenge' ? result.challenge : {}
  if (session === undefined || !available?.includes('EMAIL_OTP')) return toNextPage(deps, browser, request, { ...attempt, result })
  return sendLink(deps, browser, request, { ...attempt, session })
}

type Sending = PageAttempt & {
  /** The Session of a sign-in whose user can choose EMAIL_OTP. */
  readonly session: string
  /** The step of the browser that asks for another link. */
  readonly earlierStepId?: string | undefined
}

/**
 * Sends a link. The browser then has a step that the link belongs to, and that keeps its id when another link is sent: so the page in another
 * tab stays valid.
 *
 * @throws PageError when the pages send no links.
 * @throws ApiError as `sendLinkOnPage` does.
 */
export async function sendLink(
  deps: LinkDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  { username, isRemembered, pending, session, earlierStepId }: Sending,
): Promise<Continue | SignedIn> {
  requireLinks(request)
  const { context, query } = browser
  const now = deps.clock.now()
  const stepId = earlierStepId ?? randomUUID()
  const origin = { stepId, query, isRemembered, ip: context.ip, deviceType: deviceTypeOf(context.userAgent), askedAt: now }
  const linkFor = (token: string) => linkTo(endpointBaseOfHost(deps.publicUrl, browser.host), request.client.id, token)
  const sent = { session, username, from: visitorOf(deps, browser, request), link: { origin, linkFor } }
  const result = await sendLinkOnPage(deps, request, sent)
  if (result.kind !== 'challenge') return toNextPage(deps, browser, request, { username, isRemembered, pending, result })
  const { session: next = '', available = [], parameters } = result.challenge
  const destination = parameters['CODE_DELIVERY_DESTINATION']
  const isResent = earlierStepId !== undefined
  const step = { kind: 'link', username, isRemembered, pending, session: next, destination, available, isResent } as const
  return { kind: 'continue', request, step: newPageStep(request.client.id, step, now, stepId) }
}

const linkTo = (base: string, clientId: string, token: string): string =>
  `${base}/login/link?${new URLSearchParams({ client_id: clientId, token })}`

function requireLinks(request: AuthorizationRequest): void {
  if (!offersLinks(request)) throw new PageError('page_not_offered', request.client.id)
}
