import type { FastifyReply } from 'fastify'
import type { ProviderNeeded } from '../../oauth/authorize/authorize.ts'
import { beginProviderSignIn } from '../../oauth/providers/begin-provider-sign-in.ts'
import { takeProviderAnswer, takeProviderForm } from '../../oauth/providers/take-provider-answer.ts'
import { cookieIn, csrfCookieName } from '../oauth/cookies.ts'
import { csrfTokenFor } from '../oauth/csrf.ts'
import { countAs, withForm } from '../oauth/oauth-route.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { goOn } from './login.ts'
import { type Handler, redirectToApp, type Visit } from './visit.ts'

/** Sends the browser to an identity provider. */
export async function sendToProvider(visit: Visit, { request, providerName }: ProviderNeeded): Promise<FastifyReply> {
  const { deps, options, names, reply, browser } = visit
  const browserToken = csrfTokenFor(visit.request, reply, names)
  const answer = await runAdmitted(options, () => beginProviderSignIn(deps, browser, { request, providerName, browserToken }))
  return redirectToApp(visit, answer)
}

/** The browser comes back from an identity provider. */
export const visitProviderAnswer: Handler = async (visit) => {
  const { deps, options, names, request, browser } = visit
  countAs('InitiateAuth', request, options)
  const browserToken = cookieIn(request, csrfCookieName(names))
  const answered = await runAdmitted(options, () => takeProviderAnswer(deps, browser, browserToken))
  const { outcome } = answered
  return outcome.kind === 'redirect' ? redirectToApp(visit, outcome) : goOn({ ...visit, browser: answered.browser }, outcome)
}

/** The same, where the provider answers with a form. */
export const postProviderAnswer: Handler = async (visit) => {
  const { deps, options, request, reply, browser } = visit
  countAs('InitiateAuth', request, options)
  const outcome = await withForm(options, request, (form) => takeProviderForm(deps, browser, form))
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  if (outcome.kind !== 'kept') return goOn(visit, outcome)
  const [path] = (request.raw.url ?? '').split('?')
  return reply.redirect(`${path}?${new URLSearchParams({ state: outcome.state })}`, 303)
}
