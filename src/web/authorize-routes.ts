import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RequestRefusal } from '../access/request-refusal.ts'
import { type DecisionDeps, decideRequest, type RequestDecision } from '../authorization/requests/decide-request.ts'
import { type ProxyShape, readProxyQuestion } from '../authorization/requests/proxy-request.ts'
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
  // Envoy keeps the client's method, and puts a prefix before the client's address, which may have a query.
  app.all('/authorize/envoy/:requirements/*', { exposeHeadRoute: false }, (request, reply) => {
    const [, requirements = '', address = ''] = /^\/authorize\/envoy\/([^/?]*)(\/.*)$/s.exec(request.raw.url ?? '') ?? []
    return answer(deps, options, request, reply, { shape: 'envoy', address, requirements: requirements === '-' ? '' : requirements })
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

const sha256Of = (text: string): Buffer => createHash('sha256').update(text).digest()

function hasSecret(secret: string | undefined, sent: readonly string[] | undefined): boolean {
  if (secret === undefined) return true
  return sent?.length === 1 && timingSafeEqual(sha256Of(sent[0] ?? ''), sha256Of(secret))
}

function write(request: FastifyRequest, reply: FastifyReply, decision: RequestDecision): FastifyReply {
  const { allowed, reason, principal } = decision
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

/** Who sent the request. What is unknown is sent empty: a proxy then overwrites what its client sent under that name. */
function principalHeaders({ principal }: RequestDecision): Readonly<Record<string, string>> {
  const { type, signing, user, client } = principal ?? {}
  const session = signing?.session
  const owner = user ?? client
  const facts: Readonly<Record<string, string | readonly string[] | undefined>> = {
    type,
    arn: signing?.arn,
    'role-arn': session?.roleArn,
    'identity-id': session?.identity?.id,
    'identity-pool-id': session?.identity?.poolId,
    'user-pool-id': owner?.poolId,
    'client-id': owner?.clientId,
    sub: user?.sub,
    username: user?.username,
    groups: user?.groups,
    scopes: owner?.scopes,
  }
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`x-auth-${name}`, headerText(value)]))
}

/** Header text: lists are separated by commas, and commas, percent signs, blanks and everything beyond ASCII are percent-encoded. */
function headerText(value: string | readonly string[] | undefined): string {
  const texts = typeof value === 'object' ? value : [value ?? '']
  return texts.map((text) => text.replace(/[^\x21-\x24\x26-\x2b\x2d-\x7e]+/gu, encodeURIComponent)).join(',')
}
