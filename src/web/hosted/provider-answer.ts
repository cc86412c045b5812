import type { ProviderNeeded } from '../../oauth/authorize/authorize.ts'
import { beginProviderSignIn } from '../../oauth/providers/begin-provider-sign-in.ts'
import { takeProviderAnswer, takeProviderForm } from '../../oauth/providers/take-provider-answer.ts'
import { cookieIn, csrfCookieName } from '../oauth/cookies.ts'
import { csrfTokenFor } from '../oauth/csrf.ts'
import { countAs } from '../oauth/oauth-route.ts'
import { goOn } from './login.ts'
import { type BodyHandler, type Handler, redirectTo, redirectToApp, type Send, type Visit } from './visit.ts'

/** Sends the browser to an identity provider. */
export async function sendToProvider(visit: Visit, { request, providerName }: ProviderNeeded): Promise<Send> {
  const { deps, names, reply, browser } = visit
  const browserToken = csrfTokenFor(visit.request, reply, names)
  return redirectToApp(visit, await beginProviderSignIn(deps, browser, { request, providerName, browserToken }))
}

/** The browser comes back from an identity provider. */
export const visitProviderAnswer: Handler = async (visit) => {
  const { deps, names, request, browser } = visit
  const answered = await takeProviderAnswer(deps, browser, cookieIn(request, csrfCookieName(names)))
  const { outcome } = answered
  return outcome.kind === 'redirect' ? redirectToApp(visit, outcome) : goOn({ ...visit, browser: answered.browser }, outcome)
}

/** The same, where the provider answers with a form. */
export const postProviderAnswer: BodyHandler = async (visit, form) => {
  const { deps, options, request, browser } = visit
  countAs('InitiateAuth', request, options)
  const outcome = await takeProviderForm(deps, browser, form)
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  if (outcome.kind !== 'kept') return goOn(visit, outcome)
  const [path] = (request.raw.url ?? '').split('?')
  return redirectTo(visit, `${path}?${new URLSearchParams({ state: outcome.state })}`, 303)
}
