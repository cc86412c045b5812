import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, LogController } from 'fastify'
import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts'
import { foreignHostMessage, isForeignHost } from './host-guard.ts'
import type { HttpOptions } from './http-options.ts'
import { commonHeaders } from './response-headers.ts'
import { addressOf } from './rpc/received-head.ts'
import { staysOpen } from './unread-body.ts'

type Options = HttpOptions & { readonly server: Server }

/**
 * The HTTP side of all routes but those of API calls (see rpc-listener.ts): ids, headers, logs, metrics, and answers to what no route
 * answers. Requests go to its `routing`.
 */
export function createHttpApp({ server, logger, log, loopbackOnly, strictTransport, isClosing, trustedProxies }: Options): FastifyInstance {
  const headersOfAll = commonHeaders({ strictTransport })
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
      reply.header('x-amzn-requestid', request.id).headers(headersOfAll)
      reply.code(400).send({ message: 'The path is not valid.' })
    },
  })

  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-amzn-requestid', request.id).headers(headersOfAll)
    if (isClosing()) reply.header('connection', 'close')
    if (loopbackOnly && isForeignHost(request.headers.host)) reply.code(403).send({ message: foreignHostMessage })
    else done()
  })

  // A route that reads a body has a parser of its own. The body of any other request is not waited for.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))

  app.addHook('onSend', (request, reply, _payload, done) => {
    if (!staysOpen(request.raw)) reply.header('connection', 'close')
    done()
  })

  app.addHook('onResponse', (request, reply, done) => {
    const operation = `${request.method} ${request.routeOptions.url ?? 'unknown'}`
    const outcome = reply.statusCode < 400 ? 'ok' : String(reply.statusCode)
    const logFields = { operation, address: addressOf(request.raw, trustedProxies) }
    log({ id: request.id, logFields, status: reply.statusCode, outcome, milliseconds: reply.elapsedTime })
    done()
  })

  answerFailures(app)
  return app
}

function answerFailures(app: FastifyInstance): void {
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ message: 'Not found' }))
  app.setErrorHandler((err: Error & { statusCode?: number }, request, reply) => {
    const status = err.statusCode ?? 500
    if (status < 500) return reply.code(status).send({ message: err.message })
    if (err instanceof DatabaseUnavailableError) return reply.code(503).header('retry-after', '1').send({ message: 'Service unavailable' })
    request.log.error({ err }, 'Request failed')
    return reply.code(500).send({ message: 'Internal error' })
  })
}

/** Requests are checked against the contract; Fastify's own compilers of schemas would only take time and memory to load. */
const noSchemas = () => () => {
  throw new Error('No route has a schema for Fastify.')
}
