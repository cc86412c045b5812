import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { ApiError } from '../../contract/api-error.ts'
import type { OperationName, RequestContext } from '../../contract/operation.ts'
import { MissingEndpoint } from '../../oauth/client-authentication.ts'
import { errorOfApi } from '../../oauth/error-of-api.ts'
import { OAuthError } from '../../oauth/oauth-error.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import { preflightHeaders } from '../cors.ts'
import { DeadlineError, type RunLimits, runAdmitted, ShedError } from '../overload/run-admitted.ts'
import { note } from '../request-notes.ts'
import { addressOf } from '../rpc/received-head.ts'
import { type BodyReader, BudgetError, tooLarge } from '../rpc/request-body.ts'
import type { Throttle } from '../rpc/throttle.ts'

/** What all OAuth routes need besides the services. */
export type OAuthRouteOptions = RunLimits & {
  readonly bodies: BodyReader
  readonly throttle: Throttle
  readonly trustedProxies: number
  /** Called for each request that is refused because the server is overloaded. */
  readonly countShed: () => void
}

/** The most bytes of a form: as many as the request of an unsigned API operation may have. */
const formBytes = 144 * 1024
/** The most bytes of JSON: the metadata of a client. */
const jsonBytes = 64 * 1024

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

type Method = 'HEAD' | 'GET' | 'POST' | 'PUT' | 'DELETE'

type Route = {
  readonly path: string
  readonly allowed: Readonly<Partial<Record<Method, (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>>>>
  /** Whether pages of any origin may call the endpoint. */
  readonly isForPages: boolean
}

/** Adds an endpoint. All other methods answer 405 (RFC 9110 §15.5.6). A HEAD must not use anything up, so it is no GET here. */
export function addOAuthRoute(app: FastifyInstance, { path, allowed, isForPages }: Route): void {
  const names = Object.keys(allowed) as Method[]
  for (const name of names) app.route({ method: name, url: path, exposeHeadRoute: false, handler: allowed[name] as never })
  if (isForPages) {
    app.route({ method: 'OPTIONS', url: path, handler: async (_request, reply) => sendPreflight(reply, names) })
  }
  const others = methods.filter((name) => !names.includes(name as Method) && !(isForPages && name === 'OPTIONS'))
  app.route({
    method: [...others],
    url: path,
    handler: async (_request, reply) => reply.code(405).header('allow', names.join(', ')).send({ message: 'Method not allowed' }),
  })
}

function sendPreflight(reply: FastifyReply, names: readonly string[]): FastifyReply {
  const allowed = { ...preflightHeaders, 'access-control-allow-methods': [...names, 'OPTIONS'].join(', ') }
  return reply
    .code(204)
    .headers({ 'access-control-allow-origin': '*', ...allowed })
    .send()
}

/** The query of the request, as it was sent. */
export function queryOf({ raw }: FastifyRequest): string {
  const url = raw.url ?? ''
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at + 1)
}

export function contextOf({ raw, headers, id }: FastifyRequest, { trustedProxies }: OAuthRouteOptions): RequestContext {
  return { ip: addressOf(raw, trustedProxies), userAgent: headers['user-agent'], requestId: id }
}

/** Counts a request against the rate of the API operation that does the same. With `poolId`, the pool has a rate of its own. */
export function countAs(
  operation: OperationName,
  request: FastifyRequest,
  { throttle, trustedProxies }: OAuthRouteOptions,
  poolId?: string,
): void {
  throttle(operation, { address: addressOf(request.raw, trustedProxies), poolId })
}

const formType = /^application\/x-www-form-urlencoded *(;|$)/i

/** Whether the body is a form. */
export const hasForm = ({ headers }: FastifyRequest): boolean => formType.test(headers['content-type'] ?? '')

/**
 * Reads the form in the body, and does `work` with it once the request is admitted.
 *
 * @throws OAuthError invalid_request when the body is no form, is too large, ends early or comes too slowly; and as `work` does.
 */
export function withForm<T>(options: OAuthRouteOptions, request: FastifyRequest, work: (form: string) => Promise<T>): Promise<T> {
  return withBody(options, request, { type: formType, mostBytes: formBytes }, work)
}

/** Reads JSON in the body, and does `work` with its text once the request is admitted. @throws OAuthError as `withForm` */
export function withJson<T>(options: OAuthRouteOptions, request: FastifyRequest, work: (json: string) => Promise<T>): Promise<T> {
  return withBody(options, request, { type: /^application\/json *(;|$)/i, mostBytes: jsonBytes }, work)
}

async function withBody<T>(
  options: OAuthRouteOptions,
  request: FastifyRequest,
  { type, mostBytes }: { readonly type: RegExp; readonly mostBytes: number },
  work: (text: string) => Promise<T>,
): Promise<T> {
  if (options.admission.isFull()) throw new ShedError()
  if (!type.test(request.headers['content-type'] ?? '')) throw new OAuthError('invalid_request')
  if (Number(request.headers['content-length']) > mostBytes) throw tooLarge(mostBytes)
  const body = await options.bodies.read(request.raw, mostBytes)
  return runAdmitted(options, () => work(body.bytes.toString()), body)
}

/** Answers with `work`, or with what `refuse` makes of its error. Errors that are faults of the server go on to the error handler. */
export async function answering(
  options: OAuthRouteOptions,
  request: FastifyRequest,
  work: () => Promise<FastifyReply>,
  refuse: (error: OAuthError) => FastifyReply,
): Promise<FastifyReply> {
  try {
    return await work()
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    if (error instanceof ShedError || error instanceof BudgetError) options.countShed()
    note(request.raw, { outcome: refusal.error })
    return refuse(refusal)
  }
}

/** As `answering`, for endpoints that only some pools have. In the other pools they answer 404. */
export async function answeringIfThere(
  options: OAuthRouteOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<FastifyReply>,
  refuse: (error: OAuthError) => FastifyReply,
): Promise<FastifyReply> {
  try {
    return await answering(options, request, work, refuse)
  } catch (error) {
    if (!(error instanceof MissingEndpoint)) throw error
    reply.callNotFound()
    return reply
  }
}

function refusalOf(error: unknown): OAuthError | undefined {
  const isBusy = [ShedError, BudgetError, DeadlineError, DatabaseUnavailableError].some((kind) => error instanceof kind)
  if (isBusy) return new OAuthError('temporarily_unavailable', { status: 503, cause: error })
  if (error instanceof ApiError && error.code === 'RequestEntityTooLargeException') {
    return new OAuthError('invalid_request', { status: 413, cause: error })
  }
  if (error instanceof ApiError && error.code === 'SerializationException') return new OAuthError('invalid_request', { cause: error })
  return errorOfApi(error)
}
