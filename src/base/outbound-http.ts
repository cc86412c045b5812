import { lookup as resolve } from 'node:dns'
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from './address-guard.ts'

export type OutboundRequest = {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Limit for the whole exchange, from the DNS lookup to the last byte. */
  readonly timeoutMs: number
  /** The most bytes of an answer. A longer answer is an error. */
  readonly maxResponseBytes: number
  /** Allows addresses of this machine and private networks. Only for URLs in the operator's settings, never for a URL of the API. */
  readonly allowPrivate?: boolean
  readonly signal?: AbortSignal
}

export type OutboundResponse = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

export type OutboundFailure = 'bad-url' | 'refused-address' | 'unreachable' | 'timeout' | 'aborted' | 'too-large'

/** The reason why a request got no answer. The message contains neither the URL nor anything that was sent or received. */
export class OutboundError extends Error {
  readonly failure: OutboundFailure

  constructor(failure: OutboundFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'OutboundError'
    this.failure = failure
  }
}

/**
 * All outbound HTTP requests go through this function. Unless `allowPrivate` is set, it refuses addresses that are not public, both in the
 * URL and as results of the resolver, and connects to the address that it checked. It does not follow redirects. Its promise
 * resolves with the answer, whatever the HTTP status.
 * @throws OutboundError when there is no answer
 */
export async function requestOutbound(request: OutboundRequest): Promise<OutboundResponse> {
  const url = checkUrl(request)
  const controller = new AbortController()
  const timer = setTimeout(
    () => controller.abort(new OutboundError('timeout', `no answer within ${request.timeoutMs} ms`)),
    request.timeoutMs,
  )
  const onAbort = () => controller.abort(new OutboundError('aborted', 'the caller aborted the request'))
  request.signal?.addEventListener('abort', onAbort)
  if (request.signal?.aborted) onAbort()
  try {
    return await sendRequest(url, request, controller.signal)
  } catch (error) {
    throw asOutboundError(error, controller.signal)
  } finally {
    clearTimeout(timer)
    request.signal?.removeEventListener('abort', onAbort)
  }
}

/**
 * Checks a URL without a DNS lookup, so that settings can be checked at the start.
 * @throws OutboundError when the URL is refused
 */
export function checkOutboundUrl(text: string, { allowPrivate = false }: { readonly allowPrivate?: boolean } = {}): void {
  checkUrl({ url: text, allowPrivate })
}

function checkUrl({ url: text, allowPrivate = false }: Pick<OutboundRequest, 'url' | 'allowPrivate'>): URL {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new OutboundError('bad-url', 'not an http: or https: URL')
  if (url.username !== '' || url.password !== '') throw new OutboundError('bad-url', 'a URL with a user name or password in it')
  const host = hostOf(url)
  // The URL parser turns notations such as 0x7f.1 and 2130706433 into dotted decimals.
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw refusedAddress()
  return url
}

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

const refusedAddress = () => new OutboundError('refused-address', 'an address that is not on the public Internet')

/** Resolves a name once, and refuses the name if any of its addresses is not public. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    const [first] = addresses
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) return callback(refusedAddress(), '', 0)
    if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

// Agents reuse connections. Requests to public addresses have agents of their own, so that they never reuse a connection to a private
// address.
const agentOptions = { keepAlive: true, maxSockets: 32, scheduling: 'lifo' } as const
const agents = {
  public: {
    http: new http.Agent({ ...agentOptions, lookup: publicLookup }),
    https: new https.Agent({ ...agentOptions, lookup: publicLookup }),
  },
  any: { http: new http.Agent(agentOptions), https: new https.Agent(agentOptions) },
}

async function sendRequest(url: URL, request: OutboundRequest, signal: AbortSignal): Promise<OutboundResponse> {
  const agent = request.allowPrivate ? agents.any : agents.public
  const { method, headers, body } = request
  const options = { method, headers: { 'accept-encoding': 'identity', ...headers, ...contentLengthOf(body) }, signal }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing =
      url.protocol === 'https:'
        ? https.request(url, { ...options, agent: agent.https })
        : http.request(url, { ...options, agent: agent.http })
    outgoing.once('response', resolve)
    outgoing.on('error', reject)
    outgoing.end(body)
  })
  return { status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response, request.maxResponseBytes) }
}

function contentLengthOf(body: string | Buffer | undefined): Record<string, string> {
  return body === undefined ? {} : { 'content-length': Buffer.byteLength(body).toString() }
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  // Throwing inside the loop destroys the connection.
  for await (const chunk of response) {
    length += chunk.length
    if (length > maxBytes) throw new OutboundError('too-large', `an answer of more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function asOutboundError(error: unknown, signal: AbortSignal): OutboundError {
  if (signal.reason instanceof OutboundError) return signal.reason
  if (error instanceof OutboundError) return error
  const code = (error as NodeJS.ErrnoException).code
  return new OutboundError('unreachable', `no connection or no proper answer (${code ?? 'unknown'})`, error)
}
