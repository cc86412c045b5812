import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import { createWarningThrottle } from '../base/warning-throttle.ts'
import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts'
import { foreignHostMessage, isForeignHost } from './host-guard.ts'
import type { HttpOptions } from './http-options.ts'
import { type AnsweredRequest, noteIds, type RequestLogFields } from './request-log.ts'
import { notesOf } from './request-notes.ts'
import { commonHeaders } from './response-headers.ts'
import { addressOf } from './rpc/received-head.ts'
import { staysOpen } from './unread-body.ts'

type Options = HttpOptions & { readonly server: Server }

/**
 * The HTTP server of all routes except the API (see rpc-listener.ts). It sets request ids and headers, writes logs and metrics, and answers
 * errors and unknown paths. Requests are passed to its `routing`.
 */
export function createHttpApp({ server, logger, log, loopbackOnly, strictTransport, isClosing, trustedProxies }: Options): FastifyInstance {
  const headers = commonHeaders({ strictTransport })
  const app = Fastify({
    serverFactory: () => server,
    loggerInstance: logger as FastifyBaseLogger,
    // Fastify must not log requests itself: its log lines contain the URL, and URLs may contain codes and tokens.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    // Answers a path that cannot be decoded. No hook runs for such a request, so the headers are set here.
    frameworkErrors: (_error, request, reply: FastifyReply) => {
      reply.header('x-amzn-requestid', request.id).headers(headers)
      reply.code(400).send({ message: 'The path is not valid.' })
      log(answeredRequest(request, reply, trustedProxies))
    },
  })

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-amzn-requestid', request.id).headers(headers)
    if (isClosing()) reply.header('connection', 'close')
    if (loopbackOnly && isForeignHost(request.headers.host)) reply.code(403).send({ message: foreignHostMessage })
    else done()
  })

  // A route that reads a body has its own parser. The bodies of all other requests are not read.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  app.addHook('onSend', (request, reply, _payload, done) => {
    if (!staysOpen(request.raw)) reply.header('connection', 'close')
    done()
  })

  app.addHook('onResponse', (request, reply, done) => {
    log(answeredRequest(request, reply, trustedProxies))
    done()
  })

  answerFailures(app)
  return app
}

function answeredRequest(
  request: FastifyRequest,
  { statusCode: status, elapsedTime }: FastifyReply,
  trustedProxies: number,
): AnsweredRequest {
  const logFields: RequestLogFields = { operation: operationOf(request), address: addressOf(request.raw, trustedProxies) }
  const { userPoolId } = (request.params ?? {}) as { readonly userPoolId?: unknown }
  const { client_id: clientId } = (request.query ?? {}) as { readonly client_id?: unknown }
  noteIds(logFields, { userPoolId, clientId })
  const { outcome = status < 400 ? 'ok' : String(status), ...known } = notesOf(request.raw)
  noteIds(logFields, known)
  return { id: request.id, logFields, status, outcome, milliseconds: elapsedTime }
}

/** The method and the pattern of the route. The path itself may contain codes, and a path that is no route's is made up by the client. */
function operationOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions?.url ?? 'unknown'}`
}

function answerFailures(app: FastifyInstance): void {
  const warnings = createWarningThrottle()
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'Not found' }))
  app.setErrorHandler((err: Error & { statusCode?: number }, request, reply) => {
    const status = err.statusCode ?? 500
    if (status < 500) return reply.code(status).send({ message: err.message })
    if (err instanceof DatabaseUnavailableError) return reply.code(503).header('retry-after', '1').send({ message: 'Service unavailable' })
    const operation = operationOf(request)
    const failures = warnings.countToReport(`${operation} ${err.name}`, performance.now())
    if (failures !== undefined) request.log.error({ err, operation, failures }, 'A request failed')
    return reply.code(500).send({ message: 'Internal error' })
  })
}

/** No route uses Fastify's schemas. Its schema compilers would only take time and memory to load. */
const noSchemas = () => () => {
  throw new Error('No route has a schema for Fastify.')
}
