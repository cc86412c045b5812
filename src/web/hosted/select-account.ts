import { type AccountChoice, chooseAccount, openAccountChoice } from '../../oauth/select-account/select-account.ts'
import type { User } from '../../users/user.ts'
import { isOwnForm } from '../oauth/csrf.ts'
import { selectAccountPage } from '../pages/sign-in-pages.ts'
import { note } from '../request-notes.ts'
import {
  type FormHandler,
  type Handler,
  keepSession,
  queryWithoutPrompt,
  redirectTo,
  redirectToApp,
  type Send,
  sendPage,
  shellOf,
  type Visit,
} from './visit.ts'

export const visitAccounts: Handler = async (visit) => {
  const outcome = await openAccountChoice(visit.deps, visit.browser)
  return outcome.kind === 'redirect' ? redirectToApp(visit, outcome) : sendChoice(visit, outcome)
}

export const postAccount: FormHandler = async (visit, form) => {
  const { deps, names, request, browser } = visit
  const isOwn = isOwnForm(request, form.get('_csrf'), names)
  const account = form.get('account')
  // The button for another account has no session.
  if (isOwn && account === undefined) return redirectTo(visit, `/login?${browser.query}`)
  const outcome = await (isOwn ? chooseAccount(deps, browser, account ?? '') : openAccountChoice(deps, browser))
  if (outcome.kind === 'redirect') return redirectToApp(visit, outcome)
  if (outcome.kind === 'choice') return sendChoice(visit, outcome)
  keepSession(visit, outcome.session)
  return redirectTo(visit, `/oauth2/authorize?${queryWithoutPrompt(browser.query)}`)
}

async function sendChoice(visit: Visit, { request, accounts }: AccountChoice): Promise<Send> {
  const { browser } = visit
  if (accounts.length === 0) return redirectTo(visit, `/login?${browser.query}`)
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
