import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError, type ErrorCode } from '../contract/api-error.ts'
import { isManagedLogin } from '../oauth/authorize/authorization-request.ts'
import { findRequestHost, type HostDeps } from '../oauth/request-host.ts'
import type { PoolAndClient } from '../signin/sign-in.ts'
import { type ConfirmSignUpDeps, confirmSignUpByCode } from '../users/sign-up/confirm-sign-up.ts'
import { messagePage } from './pages/account-pages.ts'
import { brandShell } from './pages/branding/brand-shell.ts'
import { renderPage, type Shell } from './pages/layout.ts'
import type { TextKey } from './pages/locales/en.ts'
import { pageHeaders } from './pages/page-headers.ts'
import { plainShell, withOwnTexts } from './pages/shell.ts'
import { addressOf } from './rpc/received-head.ts'
import type { Throttle } from './rpc/throttle.ts'

type Deps = ConfirmSignUpDeps & HostDeps & { readonly throttle: Throttle; readonly trustedProxies: number }

/**
 * The page behind the link in a sign-up message. Its path and parameters have Cognito's names. For the request rates, a request for the
 * page counts as ConfirmSignUp.
 */
export function confirmUserRoutes(app: FastifyInstance, deps: Deps): void {
  // Mail scanners check links by HEAD, which must not confirm a user (RFC 9110 §9.2.1).
  app.head('/confirmUser', async (request, reply) =>
    sendAnswer(request, reply, readLink(request.query) === undefined ? invalidLink : confirmed),
  )

  app.get('/confirmUser', { exposeHeadRoute: false }, async (request, reply) => {
    const link = readLink(request.query)
    if (link === undefined) return sendAnswer(request, reply, invalidLink)
    let shell = shellOf(request)
    try {
      deps.throttle('ConfirmSignUp', { address: addressOf(request.raw, deps.trustedProxies) })
      const owner = await deps.pools.findClient(link.clientId)
      if (owner === undefined) return sendAnswer(request, reply, invalidLink)
      shell = await brandedShell(deps, request, owner)
      const callerContext = { clientId: link.clientId, clientMetadata: undefined, userAgent: request.headers['user-agent'] }
      await confirmSignUpByCode(deps, owner, { username: link.username, code: link.code, forceAliasCreation: false, callerContext })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return sendAnswer(request, reply, refusals[error.code] ?? invalidLink, shell)
    }
    return sendAnswer(request, reply, confirmed, shell)
  })
}

type Link = { readonly clientId: string; readonly username: string; readonly code: string }

/** Parses the parameters by the rules of the API. Undefined for a link that no message of ours can contain. */
function readLink(query: unknown): Link | undefined {
  const { client_id: clientId, user_name: username, confirmation_code: code } = query as Record<string, unknown>
  if (typeof clientId !== 'string' || !/^[\w+]{1,128}$/.test(clientId)) return undefined
  if (typeof username !== 'string' || !/^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u.test(username)) return undefined
  if (typeof code !== 'string' || !/^\S{1,2048}$/.test(code)) return undefined
  return { clientId, username, code }
}

/** What a page says: texts of the locales. */
type Answer = { readonly status: number; readonly title: TextKey; readonly message: TextKey }

const confirmed: Answer = { status: 200, title: 'confirmedTitle', message: 'confirmedText' }

/** Every invalid link gets the same text, since the text must not reveal which users exist. */
const invalidLink: Answer = { status: 400, title: 'linkInvalidTitle', message: 'linkInvalidText' }

/** After a confirmation whose PostConfirmation trigger failed. The trigger's error message is for programs, so it is left out. */
const unfinished: Answer = { status: 502, title: 'confirmedTitle', message: 'confirmedUnfinishedText' }

const refusals: Partial<Record<ErrorCode, Answer>> = {
  AliasExistsException: { status: 409, title: 'notConfirmedTitle', message: 'contactTakenText' },
  LimitExceededException: { status: 429, title: 'errorTitle', message: 'errorTooMany' },
  TooManyRequestsException: { status: 429, title: 'errorTitle', message: 'errorTooMany' },
  UserLambdaValidationException: unfinished,
  UnexpectedLambdaException: unfinished,
  InvalidLambdaResponseException: unfinished,
}

function shellOf({ headers }: FastifyRequest): Shell {
  return plainShell({ lang: undefined, cookie: undefined, acceptLanguage: headers['accept-language'] })
}

async function brandedShell(deps: Deps, request: FastifyRequest, { pool, client }: PoolAndClient): Promise<Shell> {
  const shell = withOwnTexts(shellOf(request), { pool, client })
  const look = await deps.pools.findLookOf(client.id)
  if (look === undefined) return shell
  const host = await findRequestHost(deps, request.headers.host)
  const brand = { look, clientId: client.id, clientName: client.name, isManagedLogin: await isManagedLogin(deps, host, pool.id) }
  return brandShell(shell, brand)
}

async function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, title, message }: Answer,
  shell = shellOf(request),
): Promise<FastifyReply> {
  const kind = status === 200 ? 'done' : 'problem'
  const page = messagePage(shell, { title: shell.text(title), message: shell.text(message), kind })
  return reply.code(status).headers(pageHeaders()).send(renderPage(shell, page).toString())
}
