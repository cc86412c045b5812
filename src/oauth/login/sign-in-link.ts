import { hashOfLinkToken, isLinkToken } from '../../base/link-token.ts'
import { ApiError } from '../../contract/api-error.ts'
import { requireUsableLink } from '../../signin/factors/sign-in-link/prove-link.ts'
import type { SignInLink } from '../../signin/factors/sign-in-link/sign-in-link.ts'
import { findSignInLink } from '../../signin/factors/sign-in-link/sign-in-link-repository.ts'
import { offersLinks, signInByLinkOnPage } from '../../signin/hosted/link-sign-in.ts'
import { isSessionRefusal } from '../../signin/sign-in-errors.ts'
import type { AuthorizationRequest } from '../authorize/authorization-request.ts'
import { type RedirectToApp, readingForApp } from '../authorize/authorize.ts'
import type { BrowserRequest } from '../browser-request.ts'
import { visitorOf } from '../devices/browser-device.ts'
import type { Parameters } from '../parameters.ts'
import { findClientOfHost } from '../request-host.ts'
import { findStep } from './find-step.ts'
import { type Continue, detourFor, type SignedIn, toNextPage } from './login.ts'
import type { PageAttempt } from './page-step.ts'
import type { LinkDeps } from './send-link.ts'

/** The page of a link in another browser than the one that asked for it. Its button signs the user in, in the browser that shows it. */
export type LinkForm = {
  readonly kind: 'link-form'
  readonly request: AuthorizationRequest
  readonly link: SignInLink
  readonly token: string
  readonly problem: ApiError | undefined
}

/** The link was used, has expired, was replaced, or never existed. `query` is the request of a link that is still known. */
export type DeadLink = { readonly kind: 'dead-link'; readonly query: string | undefined }

/** What the browser does next. `browser` brings the authorization request that the link continues. */
export type LinkOutcome = {
  readonly browser: BrowserRequest
  readonly outcome: LinkForm | DeadLink | Continue | SignedIn | RedirectToApp
}

/**
 * Opens a link. Only the browser that asked for it is signed in at once: it has the step of the link. Every other browser shows a page with
 * a button. So programs that follow the links of a message use nothing up, and a link that an attacker asked for signs no user in unawares.
 *
 * @throws PageError when the client of the link can no longer use its redirect URI.
 */
export function openLink(deps: LinkDeps, browser: BrowserRequest, given: Parameters, { isPreview }: { readonly isPreview: boolean }) {
  return takingLink(deps, browser, given, async (at, request, known) => {
    const step = findStep(deps, at, request, 'link')
    if (!isPreview && step?.id === known.link.details.origin.stepId) {
      return signIn(deps, at, request, known.link, step)
    }
    await requireUsableLink(deps, known.link)
    return { kind: 'link-form', request, ...known, problem: undefined }
  })
}

/**
 * Takes the form of a link's page: signs the user in, in this browser. The browser that asked for the link gets nothing by it.
 *
 * @throws PageError as `openLink` does.
 */
export function submitLink(deps: LinkDeps, browser: BrowserRequest, form: Parameters): Promise<LinkOutcome> {
  return takingLink(deps, browser, form, (at, request, { link }) => signIn(deps, at, request, link, { isRemembered: false }))
}

/**
 * The page of a link again, with the reason why its form was refused. Nothing is used up.
 *
 * @throws PageError as `openLink` does.
 */
export function reopenLink(deps: LinkDeps, browser: BrowserRequest, form: Parameters, problem: ApiError): Promise<LinkOutcome> {
  return takingLink(deps, browser, form, async (_at, request, known) => {
    await requireUsableLink(deps, known.link)
    return { kind: 'link-form', request, ...known, problem }
  })
}

type KnownLink = Pick<LinkForm, 'link' | 'token'>
type Work = (at: BrowserRequest, request: AuthorizationRequest, known: KnownLink) => Promise<LinkForm | Continue | SignedIn>

/** Does `work` with the link and with its authorization request, which is the stored one: nothing in the address can change it. */
async function takingLink(deps: LinkDeps, browser: BrowserRequest, given: Parameters, work: Work): Promise<LinkOutcome> {
  const known = await findLink(deps, browser, given)
  if (known === undefined) return { browser, outcome: { kind: 'dead-link', query: undefined } }
  const { query } = known.link.details.origin
  const at = { ...browser, query }
  const outcome = await readingForApp<LinkOutcome['outcome']>(deps, at, async (request) => {
    try {
      if (!offersLinks(request)) return { kind: 'dead-link', query }
      return await work(at, request, known)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (isSessionRefusal(error)) return { kind: 'dead-link', query }
      const detour = detourFor(request, { username: known.link.details.username, error, query: at.query, now: deps.clock.now() })
      return detour ?? { kind: 'link-form', request, ...known, problem: error }
    }
  })
  return { browser: at, outcome }
}

/** The link with this token, if it was sent for this client, which has to exist on this host. */
async function findLink(deps: LinkDeps, { host }: BrowserRequest, given: Parameters): Promise<KnownLink | undefined> {
  const [clientId, token] = [given.get('client_id'), given.get('token')]
  if (clientId === undefined || token === undefined || !isLinkToken(token)) return undefined
  const owner = await findClientOfHost(deps, host, clientId)
  const link = owner && (await findSignInLink(deps.db, owner.pool.id, hashOfLinkToken(token)))
  return link === undefined || link.clientId !== clientId ? undefined : { link, token }
}

async function signIn(
  deps: LinkDeps,
  browser: BrowserRequest,
  request: AuthorizationRequest,
  link: SignInLink,
  { isRemembered, pending }: Pick<PageAttempt, 'isRemembered' | 'pending'>,
): Promise<Continue | SignedIn> {
  const result = await signInByLinkOnPage(deps, request, { link, from: visitorOf(deps, browser, request) })
  return toNextPage(deps, browser, request, { username: link.details.username, isRemembered, pending, result })
}
