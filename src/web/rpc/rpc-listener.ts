import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { ApiError } from '../../contract/api-error.ts'
import type { RequestContext } from '../../contract/operation.ts'
import { clientAddress } from '../client-address.ts'
import { preflightHeaders, readableByPages } from '../cors.ts'
import { foreignHostMessage, isForeignHost } from '../host-guard.ts'
import type { HttpOptions } from '../http-options.ts'
import { commonHeaders } from '../response-headers.ts'
import type { Dispatcher, RpcCall } from './dispatcher.ts'
import { readBody } from './request-body.ts'
import { internalError, type RpcAnswer, writeError } from './rpc-error.ts'

type Options = HttpOptions & {
  readonly dispatcher: Dispatcher
  /** How many proxies of ours stand before the server. */
  readonly trustedProxies: number
}

/** `/`, with or without a query, also in its absolute form (RFC 9112 §3.2.2). */
const requestTarget = /^(?:https?:\/\/[^/?#]*)?\/?(?:\?(?<query>[^#]*))?(?:#.*)?$/i

/** Whether a request is a call of the JSON API, or a browser's question before it. */
export function isRpc({ method, url = '/' }: IncomingMessage): boolean {
  return (method === 'POST' || method === 'OPTIONS') && (url === '/' || requestTarget.test(url))
}

/**
 * `POST /`: every API operation, told apart by X-Amz-Target; and `OPTIONS /`. It is Node's own HTTP: nearly all requests come here, and a
 * framework's routing, hooks and replies would cost each of them as much as its look-ups.
 */
export function rpcListener({
  dispatcher,
  trustedProxies,
  logger,
  log,
  loopbackOnly,
  strictTransport,
  isClosing,
}: Options): RequestListener {
  const headersOfAll = Object.entries({ ...commonHeaders({ strictTransport }), ...readableByPages }).flat()

  async function answer(request: IncomingMessage, id: string, named: (operation: string) => void): Promise<RpcAnswer> {
    try {
      const body = await readBody(request)
      if (loopbackOnly && isForeignHost(request.headers.host)) return refusal
      if (request.method === 'OPTIONS') return preflight
      return await dispatcher.dispatch(new ReceivedCall(request, body, trustedProxies), () => logger.child({ reqId: id }), named)
    } catch (error) {
      if (error instanceof ApiError) return writeError(error)
      logger.error({ err: error, reqId: id }, 'A request failed before its operation was known')
      return writeError(internalError(error))
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const start = performance.now()
    const id = randomUUID()
    let operation = `${request.method} /`
    const answered = await answer(request, id, (name) => {
      operation = name
    })
    const headers = ['x-amzn-requestid', id, ...headersOfAll]
    // The rest of a body that is not read would hold the connection up.
    if (isClosing() || !request.complete) headers.push('connection', 'close')
    write(response, headers, answered)
    log({ id, operation, outcome: answered.errorCode || 'ok', milliseconds: performance.now() - start })
  }

  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'An answer could not be sent')
      response.destroy()
    })
  }
}

/** `all` has the names and values of headers in turn, as `writeHead` takes them; those of the answer are added. */
function write(response: ServerResponse, all: string[], { status, headers, body }: RpcAnswer): void {
  for (const name in headers) all.push(name, headers[name] ?? '')
  // RFC 9110 §8.6
  if (status !== 204) all.push('content-length', String(Buffer.byteLength(body)))
  response.writeHead(status, all).end(body)
}

const preflight: RpcAnswer = { status: 204, headers: preflightHeaders, body: '', errorCode: '' }

const refusal: RpcAnswer = {
  status: 403,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify({ message: foreignHostMessage }),
  errorCode: '403',
}

class ReceivedCall implements RpcCall {
  readonly method = 'POST'
  readonly path = '/'
  readonly query: string
  readonly body: Buffer
  readonly target: string | undefined
  readonly contentType: string | undefined
  readonly context: RequestContext
  readonly #request: IncomingMessage

  constructor(request: IncomingMessage, body: Buffer, trustedProxies: number) {
    const { headers, url = '/' } = request
    const target = headers['x-amz-target']
    const forwarded = trustedProxies === 0 ? [] : (request.headersDistinct['x-forwarded-for'] ?? [])
    this.#request = request
    this.query = url === '/' ? '' : (requestTarget.exec(url)?.groups?.['query'] ?? '')
    this.body = body
    this.target = Array.isArray(target) ? undefined : target
    this.contentType = headers['content-type']
    this.context = { ip: clientAddress(request.socket.remoteAddress, forwarded, trustedProxies), userAgent: headers['user-agent'] }
  }

  /**
   * Only a signature is about every header: most calls have none, and Node makes the list when it is asked.
   *
   * @NOTE A copy by spreading would be without it.
   */
  get headers() {
    return this.#request.headersDistinct
  }
}
