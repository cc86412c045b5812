import type { FastifyInstance, FastifyReply } from 'fastify'
import { ApiError, type ErrorCode } from '../contract/api-error.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { type ConfirmSignUpDeps, confirmSignUpByCode } from '../users/sign-up/confirm-sign-up.ts'
import { messagePage } from './pages/message-pages.ts'
import { pageHeaders, writePage } from './pages/page.ts'
import { addressOf } from './rpc/received-head.ts'
import type { Throttle } from './rpc/throttle.ts'

type Deps = ConfirmSignUpDeps & { readonly pools: PoolCatalog; readonly throttle: Throttle; readonly trustedProxies: number }

/**
 * The page behind the link in a sign-up message. Its path and parameters have Cognito's names. For the request rates, a request for the
 * page counts as ConfirmSignUp.
 */
export function confirmUserRoutes(app: FastifyInstance, deps: Deps): void {
  // Mail scanners check links by HEAD, which must not confirm a user (RFC 9110 §9.2.1).
  app.head('/confirmUser', async (request, reply) => sendPage(reply, readLink(request.query) === undefined ? invalidLink : confirmed))

  app.get('/confirmUser', { exposeHeadRoute: false }, async (request, reply) => {
    const link = readLink(request.query)
    if (link === undefined) return sendPage(reply, invalidLink)
    try {
      deps.throttle('ConfirmSignUp', { address: addressOf(request.raw, deps.trustedProxies) })
      const owner = await deps.pools.findClient(link.clientId)
      if (owner === undefined) return sendPage(reply, invalidLink)
      const callerContext = { clientId: link.clientId, clientMetadata: undefined, userAgent: request.headers['user-agent'] }
      await confirmSignUpByCode(deps, owner, { username: link.username, code: link.code, forceAliasCreation: false, callerContext })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return sendPage(reply, refusals[error.code] ?? invalidLink)
    }
    return sendPage(reply, confirmed)
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

type Page = { readonly status: number; readonly title: string; readonly text: string }

const confirmed: Page = { status: 200, title: 'Your account is confirmed', text: 'You can close this page and sign in.' }

/** Every invalid link gets the same text, since the text must not reveal which users exist. */
const invalidLink: Page = {
  status: 400,
  title: 'This link is not valid',
  text: 'It may have been used already, have expired, or have been replaced by a newer link. Try to sign in. If your account is not confirmed yet, ask for a new message there.',
}

/**
 * The page after a confirmation whose PostConfirmation trigger failed. It leaves the trigger's error message out, which is for programs.
 */
const unfinished: Page = {
  status: 502,
  title: 'Your account is confirmed',
  text: 'But a step after the confirmation failed. Please try to sign in, and ask for help if you cannot.',
}

const refusals: Partial<Record<ErrorCode, Page>> = {
  AliasExistsException: {
    status: 409,
    title: 'Your account was not confirmed',
    text: 'Another account uses the same e-mail address or phone number.',
  },
  LimitExceededException: { status: 429, title: 'Too many attempts', text: 'Please try again in an hour.' },
  TooManyRequestsException: { status: 429, title: 'Too many requests', text: 'Please try again in a moment.' },
  UserLambdaValidationException: unfinished,
  UnexpectedLambdaException: unfinished,
  InvalidLambdaResponseException: unfinished,
}

async function sendPage(reply: FastifyReply, { status, title, text }: Page): Promise<FastifyReply> {
  return reply
    .code(status)
    .headers(pageHeaders())
    .send(writePage(messagePage(title, text)).toString())
}
