import { createServer as createHttpServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { SettingsError } from '../settings.ts'
import { alive } from './health-routes.ts'
import { commonHeaders } from './response-headers.ts'

/** An open port. It takes connections at once, so that a port in use is known before the database is touched. */
export type Listener = {
  readonly server: Server
  readonly port: number
  /** From now on requests go there; before, they are told to come back, except that `/healthz` says that the process lives. */
  handOver(router: { readonly onRequest: RequestListener; readonly onContinue: RequestListener }): void
  /** Stops accepting, lets the requests in flight finish for so long, then cuts what is left. */
  drain(graceMs: number): Promise<void>
}

const serverOptions: ServerOptions = {
  // Longer than the 60 seconds after which common load balancers drop an idle connection, so that they and not we close it.
  keepAliveTimeout: 72_000,
  headersTimeout: 30_000,
  // As long as the address of an import file is good, which a slow line may need for the file. The router gives other requests less time.
  requestTimeout: 900_000,
}

const silenceMs = 60_000

/** Connections that the system may hold until they are taken. One that finds no room there tries again after a second, then after three. */
const backlog = 4096

/** Far beyond any real handshake; Node's own limit is two minutes. */
const handshakeTimeout = 10_000

/** A process that waits for its database must not look dead: it would be started again and again. */
const notReady: RequestListener = ({ method, url }, response) => {
  if ((method === 'GET' || method === 'HEAD') && url?.split('?', 1)[0] === '/healthz') {
    const headers = { ...commonHeaders({ strictTransport: false }), 'content-type': 'application/json; charset=utf-8', connection: 'close' }
    response.writeHead(200, headers).end(JSON.stringify(alive))
    return
  }
  response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end()
}

/** Throws SettingsError when the address cannot be had. */
export async function openListener(options: {
  readonly host: string
  readonly port: number
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined
  /** Those beyond are closed at once: each takes memory, and a file descriptor that the database could need. */
  readonly maxConnections: number
}): Promise<Listener> {
  const server = createServer(options.tls).setTimeout(silenceMs).on('request', notReady)
  server.maxConnections = options.maxConnections
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, options)))
    server.listen({ host: options.host, port: options.port, backlog }, resolve)
  })
  return {
    server,
    port: (server.address() as AddressInfo).port,
    handOver: ({ onRequest, onContinue }) => server.off('request', notReady).on('request', onRequest).on('checkContinue', onContinue),
    drain: (graceMs) => drain(server, graceMs),
  }
}

function createServer(tls: { readonly cert: Buffer; readonly key: Buffer } | undefined): Server {
  if (tls === undefined) return createHttpServer(serverOptions)
  try {
    return createHttpsServer({ ...serverOptions, handshakeTimeout, ...tls })
  } catch (error) {
    throw new SettingsError(`--tls-cert: the certificate and --tls-key cannot be used (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function explain(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new SettingsError(`--port: ${port} on ${host} is already in use. Stop the other program or choose another port.`)
    case 'EACCES':
      return new SettingsError(`--port: this user may not listen on ${port}. Choose a port above 1023.`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new SettingsError(`--host: ${host} is no address of this machine.`)
    default:
      return error
  }
}

async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that was busy when the server closed stays open when it turns idle; look again until all are gone.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const late = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearInterval(idle)
  clearTimeout(late)
}
