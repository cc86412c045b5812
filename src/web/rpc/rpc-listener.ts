import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { ApiError } from '../../contract/api-error.ts'
import type { RequestContext } from '../../contract/operation.ts'
import { clientAddress } from '../client-address.ts'
import { readableByPages } from '../cors.ts'
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

/** Whether a request is a call of the JSON API. */
export const isRpc = ({ method, url }: IncomingMessage): boolean => method === 'POST' && (url === '/' || url?.startsWith('/?') === true)

/**
 * `POST /`: every API operation, told apart by X-Amz-Target. It is Node's own HTTP: nearly all requests come here, and a framework's
 * routing, hooks and replies would cost each of them as much as its look-ups.
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

  function send(id: string, response: ServerResponse, { status, headers, body }: RpcAnswer): void {
    const all = ['x-amzn-requestid', id, ...headersOfAll]
    for (const name in headers) all.push(name, headers[name] ?? '')
    // What was not read of the body would be taken for the next request.
    if (isClosing() || !response.req.complete) all.push('connection', 'close')
    all.push('content-length', String(Buffer.byteLength(body)))
    response.writeHead(status, all).end(body)
  }

  async function answer(request: IncomingMessage, id: string, named: (operation: string) => void): Promise<RpcAnswer> {
    if (loopbackOnly && isForeignHost(request.headers.host)) return refusal
    try {
      const body = await readBody(request)
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
    let operation = 'POST /'
    const answered = await answer(request, id, (name) => {
      operation = name
    })
    send(id, response, answered)
    log({ id, operation, outcome: answered.errorCode || 'ok', milliseconds: performance.now() - start })
  }

  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      logger.error({ err: error }, 'An answer could not be sent')
      response.destroy()
    })
  }
}

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
    this.query = url.slice(2)
    this.body = body
    this.target = Array.isArray(target) ? undefined : target
    this.contentType = headers['content-type']
    this.context = { ip: clientAddress(request.socket.remoteAddress, forwarded, trustedProxies), userAgent: headers['user-agent'] }
  }

  /** Only a signature is about every header: most calls have none, and Node makes the list when it is asked. */
  get headers() {
    return this.#request.headersDistinct
  }
}
