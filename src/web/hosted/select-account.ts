import type { FastifyReply } from 'fastify'
import { readParameters } from '../../oauth/parameters.ts'
import { type AccountChoice, chooseAccount, openAccountChoice } from '../../oauth/select-account/select-account.ts'
import type { User } from '../../users/user.ts'
import { isOwnForm } from '../oauth/csrf.ts'
import { withForm } from '../oauth/oauth-route.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { selectAccountPage } from '../pages/sign-in-pages.ts'
import { note } from '../request-notes.ts'
import { type Handler, keepSession, queryWithoutPrompt, redirectToApp, sendPage, shellOf, type Visit } from './visit.ts'

export const visitAccounts: Handler = async (visit) => {
  const outcome = await runAdmitted(visit.options, () => openAccountChoice(visit.deps, visit.browser))
  return outcome.kind === 'redirect' ? redirectToApp(visit, outcome) : sendChoice(visit, outcome)
}

export const postAccount: Handler = async (visit) => {
  const { deps, options, names, request, reply, browser } = visit
  const outcome = await withForm(options, request, async (body) => {
    const form = readParameters(body)
    if (!isOwnForm(request, form.get('_csrf'), names)) return openAccountChoice(deps, browser)
    // The button for another account has no session.
    return form.has('account') ? chooseAccount(deps, browser, form.get('account') ?? '') : undefined
  })
  if (outcome === undefined) return reply.redirect(`/login?${browser.query}`, 302)
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  if (outcome.kind === 'choice') return sendChoice(visit, outcome)
  keepSession(visit, outcome.session)
  return reply.redirect(`/oauth2/authorize?${queryWithoutPrompt(browser.query)}`, 302)
}

async function sendChoice(visit: Visit, { request, accounts }: AccountChoice): Promise<FastifyReply> {
  const { reply, browser } = visit
  if (accounts.length === 0) return reply.redirect(`/login?${browser.query}`, 302)
  note(visit.request.raw, { clientId: request.client.id, userPoolId: request.pool.id })
  const shell = await shellOf(visit, request)
  const page = selectAccountPage(shell, {
    action: `/select-account?${browser.query}`,
    accounts: accounts.map(({ session, user }) => ({ id: session.id, ...namesOf(user) })),
  })
  return sendPage(visit, shell, page, { redirectUri: request.target.redirectUri })
}

/** By what users recognise their accounts. In some pools the username is a random id, so an address comes before it. */
export function namesOf({ attributes, username }: User): { readonly label: string; readonly detail: string | undefined } {
  const contact = attributes['email'] ?? attributes['phone_number'] ?? attributes['preferred_username'] ?? username
  const name = attributes['name']
  return name === undefined ? { label: contact, detail: undefined } : { label: name, detail: contact }
}
