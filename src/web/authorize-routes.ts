import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RequestRefusal } from '../access/request-refusal.ts'
import { type DecisionDeps, decideRequest, type RequestDecision } from '../authorization/requests/decide-request.ts'
import { type ProxyShape, readProxyQuestion } from '../authorization/requests/proxy-request.ts'
import { isSameText } from '../base/same-text.ts'
import { ApiError } from '../contract/api-error.ts'
import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts'
import { DeadlineError, type RunLimits, runAdmitted, ShedError } from './overload/run-admitted.ts'
import { note } from './request-notes.ts'

type Options = RunLimits & {
  /** What proxies send in `X-Authorize-Secret`. Undefined accepts every proxy, in `dev`. */
  readonly secret: string | undefined
  /** Called for each request that is refused because the server is overloaded. */
  readonly countShed: () => void
}

/**
 * Decides about requests that a proxy received: for nginx (`auth_request`), Traefik (ForwardAuth) and Envoy (`ext_authz` over HTTP). The
 * answer is 200, 401 or 403; the headers of a 200 say who it is. Everything else makes these proxies refuse the client.
 */
export function authorizeRoutes(app: FastifyInstance, deps: DecisionDeps, options: Options): void {
  for (const shape of ['nginx', 'traefik'] as const) {
    app.get(`/authorize/${shape}`, { exposeHeadRoute: false }, (request, reply) =>
      answer(deps, options, request, reply, { shape, address: '', requirements: queryOf(request.raw.url ?? '') }),
    )
  }
  // Envoy keeps the client's method, and puts a prefix before the client's address, which may have a query. So its requirements are in a
  // header, which it writes in place of the client's. It is one header for all of them: of several, a client could send one that is left out.
  app.all('/authorize/envoy/*', { exposeHeadRoute: false }, (request, reply) => {
    const [requirements, ...others] = request.raw.headersDistinct['x-authorize-requirements'] ?? []
    if (requirements === undefined || others.length > 0) {
      return reply.code(400).send({ message: 'The proxy must send the header x-authorize-requirements once, as its guide says.' })
    }
    const address = (request.raw.url ?? '').slice('/authorize/envoy'.length)
    return answer(deps, options, request, reply, { shape: 'envoy', address, requirements: requirements === 'none' ? '' : requirements })
  })
}

const queryOf = (url: string): string => (url.includes('?') ? url.slice(url.indexOf('?') + 1) : '')

type Asked = { readonly shape: ProxyShape; readonly address: string; readonly requirements: string }

async function answer(
  deps: DecisionDeps,
  options: Options,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: Asked,
): Promise<FastifyReply> {
  // A refusal reaches the client under the host name of the service, and only the service decides whether that name is HTTPS only.
  reply.removeHeader('strict-transport-security')
  const headers = request.raw.headersDistinct as Readonly<Record<string, readonly string[]>>
  if (!hasSecret(options.secret, headers['x-authorize-secret'])) return refuse(request, reply, 401, 'wrong-secret')
  try {
    const decision = await runAdmitted(options, async () =>
      decideRequest(deps, readProxyQuestion({ ...asked, method: request.method, headers })),
    )
    return write(request, reply, decision)
  } catch (error) {
    if (error instanceof RequestRefusal) return refuse(request, reply, error.reason === 'not-allowed' ? 403 : 401, error.reason)
    if (error instanceof ApiError) return reply.code(400).send({ message: error.message })
    const isBusy = [ShedError, DeadlineError, DatabaseUnavailableError].some((kind) => error instanceof kind)
    if (!isBusy) throw error
    if (error instanceof ShedError) options.countShed()
    return reply.code(503).header('retry-after', '1').send({ message: 'The server is busy.' })
  }
}

function hasSecret(secret: string | undefined, sent: readonly string[] | undefined): boolean {
  if (secret === undefined) return true
  return sent?.length === 1 && isSameText(sent[0] ?? '', secret)
}

function write(request: FastifyRequest, reply: FastifyReply, decision: RequestDecision): FastifyReply {
  const { allowed, reason, principal } = decision
  const owner = principal?.user ?? principal?.client
  if (owner !== undefined) note(request.raw, { userPoolId: owner.poolId, clientId: owner.clientId })
  if (allowed && principal !== undefined) return reply.code(200).headers(principalHeaders(decision)).send()
  return refuse(request, reply, principal === undefined && reason !== 'not-allowed' ? 401 : 403, reason)
}

/** Proxies pass the answer on to the client, so it says no more than the reason. */
function refuse({ raw }: FastifyRequest, reply: FastifyReply, status: 401 | 403, reason: string): FastifyReply {
  note(raw, { outcome: reason })
  if (status === 401)
    reply.header('www-authenticate', reason === 'InvalidToken' || reason === 'ExpiredToken' ? 'Bearer error="invalid_token"' : 'Bearer')
  return reply.code(status).header('x-auth-reason', reason).send({ message: reason })
}

/** The most characters of all values together. nginx accepts 4 KiB for all headers of an answer, unless it is told otherwise. */
const mostCharacters = 2800

/**
 * Who sent the request. What is unknown is sent empty: a proxy then overwrites what its client sent under that name. What does not fit is
 * sent empty as well, and X-Auth-Left-Out names it.
 */
function principalHeaders({ principal }: RequestDecision): Readonly<Record<string, string>> {
  const { type, signing, user, client } = principal ?? {}
  const session = signing?.session
  const owner = user ?? client
  // The last of them are left out first.
  const facts: Readonly<Record<string, string | readonly string[] | undefined>> = {
    type,
    'identity-id': session?.identity?.id,
    'identity-pool-id': session?.identity?.poolId,
    'user-pool-id': owner?.poolId,
    'client-id': owner?.clientId,
    sub: user?.sub,
    username: user?.username,
    arn: signing?.arn,
    'role-arn': session?.roleArn,
    scopes: owner?.scopes,
    groups: user?.groups,
  }
  const headers: Record<string, string> = {}
  const leftOut: string[] = []
  let rest = mostCharacters
  for (const [name, value] of Object.entries(facts)) {
    const text = headerText(value)
    const fits = text.length <= rest
    headers[`x-auth-${name}`] = fits ? text : ''
    if (fits) rest -= text.length
    else leftOut.push(name)
  }
  return { ...headers, 'x-auth-left-out': leftOut.join(',') }
}

/** Header text: lists are separated by commas, and commas, percent signs, blanks and everything beyond ASCII are percent-encoded. */
function headerText(value: string | readonly string[] | undefined): string {
  const texts = typeof value === 'object' ? value : [value ?? '']
  return texts.map((text) => text.toWellFormed().replace(/[^\x21-\x24\x26-\x2b\x2d-\x7e]+/gu, encodeURIComponent)).join(',')
}
