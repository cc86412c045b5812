import { createServer as createHttpServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureContext } from 'node:tls'
import { SettingsError } from '../settings.ts'
import { alive } from './health-routes.ts'
import { commonHeaders } from './response-headers.ts'

/** An open port. It accepts connections at once, so that a port in use is noticed before the database is opened. */
export type Listener = {
  readonly server: Server
  readonly port: number
  /**
   * Passes requests to the router from now on. Before that, requests are answered 503, except that `/healthz` says that the process runs.
   */
  handOver(router: { readonly onRequest: RequestListener; readonly onContinue: RequestListener }): void
  /**
   * Accepts no more connections, gives the requests in flight `graceMs` to finish, then closes all connections. Resolves with the number of
   * requests that were cut off.
   */
  drain(graceMs: number): Promise<number>
  /** How many requests have no complete answer yet. */
  inFlight(): number
}

/** What a listener with TLS needs. */
export type TlsOptions = {
  /** The certificate chain in PEM, and its private key. */
  readonly cert: Buffer
  readonly key: Buffer
  /** Chooses the certificate by the name that the client asks for (RFC 6066 §3). Without a choice `cert` is used. */
  readonly SNICallback?: (serverName: string, done: (error: Error | null, context?: SecureContext) => void) => void
}

const serverOptions: ServerOptions = {
  // Longer than the 60 seconds after which common load balancers close an idle connection, so that the server never closes it first.
  keepAliveTimeout: 72_000,
  headersTimeout: 30_000,
  // As long as the URL for an import file is valid, since a slow connection may need that time. The router gives other requests less time.
  requestTimeout: 900_000,
}

const socketTimeoutMs = 60_000

/**
 * Connections that the system may queue until they are accepted. If the queue is full, a client retries after one second, then after three.
 */
const backlog = 4096

/** The time limit of a TLS handshake: far longer than any real one takes. Node's default is two minutes. */
const handshakeTimeout = 10_000

/** A process that waits for its database must pass the health check, or it would be restarted again and again. */
const notReady: RequestListener = ({ method, url }, response) => {
  if ((method === 'GET' || method === 'HEAD') && url?.split('?', 1)[0] === '/healthz') {
    const headers = { ...commonHeaders({ strictTransport: false }), 'content-type': 'application/json; charset=utf-8', connection: 'close' }
    response.writeHead(200, headers).end(JSON.stringify(alive))
    return
  }
  response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end()
}

/** @throws SettingsError when the port cannot be opened */
export async function openListener(options: {
  readonly host: string
  readonly port: number
  readonly tls: TlsOptions | undefined
  /** Further connections are closed at once: each takes memory, and a file descriptor that the database may need. */
  readonly maxConnections: number
}): Promise<Listener> {
  const server = createServer(options.tls).setTimeout(socketTimeoutMs).on('request', notReady)
  server.maxConnections = options.maxConnections
  let requests = 0
  const inFlight = () => requests
  const onClose = () => void requests--
  const counted =
    (listener: RequestListener): RequestListener =>
    (request, response) => {
      requests++
      response.once('close', onClose)
      listener(request, response)
    }
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, options)))
    server.listen({ host: options.host, port: options.port, backlog }, resolve)
  })
  return {
    server,
    port: (server.address() as AddressInfo).port,
    handOver({ onRequest, onContinue }) {
      server.off('request', notReady)
      server.on('request', counted(onRequest)).on('checkContinue', counted(onContinue))
    },
    drain: (graceMs) => drain(server, graceMs, inFlight),
    inFlight,
  }
}

function createServer(tls: TlsOptions | undefined): Server {
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
      return new SettingsError(`--host: ${host} is not an address of this machine.`)
    default:
      return error
  }
}

async function drain(server: Server, graceMs: number, inFlight: () => number): Promise<number> {
  let cutOff = 0
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that is busy now stays open when it becomes idle, so idle connections are closed repeatedly.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const deadline = setTimeout(() => {
    cutOff = inFlight()
    server.closeAllConnections()
  }, graceMs)
  await closed
  clearInterval(idle)
  clearTimeout(deadline)
  return cutOff
}
