import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify'
import type { Logger } from '../base/logger.ts'
import { allowBrowsers } from './cors.ts'
import { guardHost } from './host-guard.ts'
import type { Metrics } from './metrics.ts'
import { acceptRawBodies } from './raw-body.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The API operation it turned out to be, for logs and metrics; empty for other routes. Known names only. */
    operation: string
    /** The error code it was answered with; empty when it went well. */
    errorCode: string
  }
}

type Options = {
  readonly server: Server
  readonly logger: Logger
  readonly metrics: Metrics
  /** Answers requests for loopback host names only. */
  readonly loopbackOnly: boolean
  /** Clients are to come back by HTTPS only. */
  readonly strictTransport: boolean
  readonly isClosing: () => boolean
}

/** The HTTP side of every route: ids, headers, logs, metrics, and answers to what no route answers. Requests go to its `routing`. */
export function createHttpApp({ server, logger, metrics, loopbackOnly, strictTransport, isClosing }: Options): FastifyInstance {
  const app = Fastify({
    serverFactory: () => server,
    loggerInstance: logger as FastifyBaseLogger,
    // Fastify's own lines carry the URL, and with it codes and tokens.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    // A path that cannot be decoded passes by every hook.
    frameworkErrors: (_error, request, reply: FastifyReply) => {
      setCommonHeaders(request, reply, strictTransport)
      reply.code(400).send({ message: 'The path is not valid.' })
    },
  })
  app.decorateRequest('operation', '')
  app.decorateRequest('errorCode', '')

  app.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply, strictTransport)
    if (isClosing()) reply.header('connection', 'close')
    done()
  })
  if (loopbackOnly) guardHost(app)

  app.addHook('onResponse', (request, reply, done) => {
    const operation = request.operation || `${request.method} ${request.routeOptions.url ?? 'unknown'}`
    const outcome = request.errorCode || (reply.statusCode < 400 ? 'ok' : String(reply.statusCode))
    metrics.count(operation, outcome, reply.elapsedTime / 1000)
    request.log.info({ operation, outcome, ms: Math.round(reply.elapsedTime * 10) / 10 }, 'request')
    done()
  })

  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'Not found' }))
  app.setErrorHandler((err: Error & { statusCode?: number }, request, reply) => {
    const status = err.statusCode ?? 500
    if (status < 500) return reply.code(status).send({ message: err.message })
    request.log.error({ err }, 'Request failed')
    return reply.code(500).send({ message: 'Internal error' })
  })
  return app
}

/** Requests are checked against the contract; Fastify's own compilers of schemas would only take time and memory to load. */
const noSchemas = () => () => {
  throw new Error('No route has a schema for Fastify.')
}

function setCommonHeaders(request: Pick<FastifyRequest, 'id'>, reply: FastifyReply, strictTransport: boolean): void {
  reply.header('x-amzn-requestid', request.id)
  reply.header('x-content-type-options', 'nosniff')
  reply.header('cache-control', 'no-store')
  reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
  reply.header('referrer-policy', 'no-referrer')
  if (strictTransport) reply.header('strict-transport-security', 'max-age=31536000')
}

/** Registers the routes of the JSON API: raw bodies, open to browsers. */
export function registerApi(app: FastifyInstance, routes: (scope: FastifyInstance) => void): void {
  app.register(async (scope) => {
    acceptRawBodies(scope)
    allowBrowsers(scope)
    routes(scope)
  })
}
