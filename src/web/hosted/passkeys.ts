import type { FastifyReply } from 'fastify'
import { readParameters } from '../../oauth/parameters.ts'
import { type AddPasskeyForm, openAddPasskey, submitAddPasskey, thenPasskeys } from '../../oauth/passkeys/add-passkey.ts'
import { isOwnForm } from '../oauth/csrf.ts'
import { countAs, withForm } from '../oauth/oauth-route.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { passkeySetupPage } from '../pages/second-factor-pages.ts'
import { note } from '../request-notes.ts'
import { problemText } from './problem-text.ts'
import { type Handler, queryWithoutPrompt, redirectToApp, sendPage, shellOf, type Visit } from './visit.ts'

export const visitAddPasskey: Handler = async (visit) => {
  const { deps, options, request, browser } = visit
  countAs('StartWebAuthnRegistration', request, options)
  return sendOutcome(visit, await runAdmitted(options, () => openAddPasskey(deps, browser)))
}

export const postAddPasskey: Handler = async (visit) => {
  const { deps, options, names, request, browser } = visit
  const outcome = await withForm(options, request, async (body) => {
    const form = readParameters(body)
    if (!isOwnForm(request, form.get('_csrf'), names)) return openAddPasskey(deps, browser)
    countAs('CompleteWebAuthnRegistration', request, options)
    return submitAddPasskey(deps, browser, form)
  })
  return sendOutcome(visit, outcome)
}

async function sendOutcome(visit: Visit, outcome: Awaited<ReturnType<typeof submitAddPasskey>>): Promise<FastifyReply> {
  const { reply, browser } = visit
  switch (outcome.kind) {
    case 'redirect':
      return redirectToApp(visit, outcome)
    case 'sign-in':
      return reply.redirect(`/login?${queryWith(browser.query, thenPasskeys)}`, 302)
    case 'done':
      return reply.redirect(`/oauth2/authorize?${queryWith(browser.query, undefined)}`, 302)
    case 'form':
      return sendForm(visit, outcome)
  }
}

function queryWith(query: string, then: string | undefined): string {
  const parameters = new URLSearchParams(queryWithoutPrompt(query))
  parameters.delete('then')
  if (then !== undefined) parameters.set('then', then)
  return parameters.toString()
}

async function sendForm(visit: Visit, { request, options, problem }: AddPasskeyForm): Promise<FastifyReply> {
  const { client, pool, target } = request
  note(visit.request.raw, { clientId: client.id, userPoolId: pool.id, ...(problem !== undefined && { outcome: problem.code }) })
  const shell = await shellOf(visit, request)
  const page = passkeySetupPage(shell, {
    action: `/passkeys/add?${visit.browser.query}`,
    options: options && JSON.stringify(options),
    problem: problem && problemText(shell.text, problem),
  })
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, redirectUri: target.redirectUri })
}
