import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../../base/logger.ts'
import { ApiError } from '../../contract/api-error.ts'
import { clientAddress } from '../client-address.ts'
import type { Dispatcher, RpcCall } from './dispatcher.ts'
import { internalError, type RpcAnswer, writeError } from './rpc-error.ts'
import { wrongContentType } from './rpc-request.ts'

/** `POST /`: every API operation, told apart by X-Amz-Target. `app` hands over bodies as raw bytes. */
export function rpcRoutes(app: FastifyInstance, dispatcher: Dispatcher, trustedProxies: number): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const known = error instanceof ApiError ? error : error.statusCode === 415 ? wrongContentType() : internalError(error)
    if (known.code === 'InternalErrorException') request.log.error({ err: error }, 'A request failed before its operation was known')
    return sendAnswer(request, reply, writeError(known))
  })

  app.post('/', async (request, reply) => {
    const answer = await dispatcher.dispatch(readCall(request, trustedProxies), request.log as Logger, (operation) => {
      request.operation = operation
    })
    return sendAnswer(request, reply, answer)
  })
}

/** As bytes: to text, Fastify adds `; charset=utf-8`, which the service does not send and strict clients do not expect. */
function sendAnswer(request: FastifyRequest, reply: FastifyReply, { status, headers, body, errorCode }: RpcAnswer): FastifyReply {
  request.errorCode = errorCode
  return reply.code(status).headers(headers).send(Buffer.from(body))
}

function readCall(request: FastifyRequest, trustedProxies: number): RpcCall {
  const [path = '/', ...query] = (request.raw.url ?? '/').split('?')
  const forwarded = trustedProxies === 0 ? [] : (request.raw.headersDistinct['x-forwarded-for'] ?? [])
  return {
    method: request.method,
    path,
    query: query.join('?'),
    // Only a signature is about every header: most calls have none.
    get headers() {
      return request.raw.headersDistinct
    },
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    target: single(request.headers['x-amz-target']),
    contentType: request.headers['content-type'],
    context: {
      ip: clientAddress(request.raw.socket.remoteAddress, forwarded, trustedProxies),
      userAgent: request.headers['user-agent'],
    },
  }
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? undefined : value)
