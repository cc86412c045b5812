import type { ApiError } from '../../contract/api-error.ts'
import type { AuthorizationRequest } from '../../oauth/authorize/authorization-request.ts'
import type { PageStep } from '../../oauth/login/page-step.ts'
import type { Page, Shell } from '../pages/layout.ts'
import { note } from '../request-notes.ts'
import { problemText } from './problem-text.ts'
import { type Send, sendPage, shellOf, type Visit } from './visit.ts'

type Shown = {
  readonly request: AuthorizationRequest
  /** The step that the form belongs to. */
  readonly step?: PageStep | undefined
  readonly problem: ApiError | undefined
}

/** Sends the page with a form: a fresh one, or the one that was refused, with the reason. */
export async function sendForm(
  visit: Visit,
  { request, step, problem }: Shown,
  view: (shell: Shell, problem: string | undefined) => Page,
): Promise<Send> {
  const { client, pool, target } = request
  note(visit.request.raw, { clientId: client.id, userPoolId: pool.id, ...(problem !== undefined && { outcome: problem.code }) })
  const plain = await shellOf(visit, request)
  const shell = {
    ...plain,
    hiddenFields: { ...plain.hiddenFields, ...(step !== undefined && { step: step.id }) },
    // The answer to a form cannot be shown again by a link.
    languageLinks: problem === undefined ? plain.languageLinks : undefined,
  }
  const page = view(shell, problem && problemText(shell.text, problem))
  return sendPage(visit, shell, page, { status: problem === undefined ? 200 : 400, redirectUri: target.redirectUri })
}
