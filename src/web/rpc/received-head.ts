import type { IncomingMessage } from 'node:http'
import type { RequestContext } from '../../contract/operation.ts'
import { clientAddress } from '../client-address.ts'
import type { RpcHead } from './dispatcher.ts'

/** `/`, with or without a query, also in its absolute form (RFC 9112 §3.2.2). */
const requestTarget = /^(?:https?:\/\/[^/?#]*)?\/?(?:\?(?<query>[^#]*))?(?:#.*)?$/i

/** Whether a request is a call of the API, or the preflight request of a browser. */
export function isRpc({ method, url = '/' }: IncomingMessage): boolean {
  return (method === 'POST' || method === 'OPTIONS') && (url === '/' || requestTarget.test(url))
}

const formType = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i

/** Whether a call has the form of AWS's Query protocol. A call with a target is one of the JSON API, whatever its content type. */
export function isQueryCall({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && headers['x-amz-target'] === undefined && formType.test(headers['content-type'] ?? '')
}

/** The head of an HTTP request, in the form that the dispatcher reads. */
export class ReceivedHead implements RpcHead {
  readonly method = 'POST'
  readonly path = '/'
  readonly query: string
  readonly target: string | undefined
  readonly contentType: string | undefined
  readonly context: RequestContext
  readonly #request: IncomingMessage
  readonly #trustedProxies: number

  constructor(request: IncomingMessage, trustedProxies: number) {
    const { headers, url = '/' } = request
    const target = headers['x-amz-target']
    this.#request = request
    this.#trustedProxies = trustedProxies
    this.query = url === '/' ? '' : (requestTarget.exec(url)?.groups?.['query'] ?? '')
    this.target = Array.isArray(target) ? undefined : target
    this.contentType = headers['content-type']
    this.context = { ip: addressOf(request, trustedProxies), userAgent: headers['user-agent'] }
  }

  /**
   * Only signed calls need every header, and most calls are not signed. Node makes the list on demand.
   *
   * @NOTE This is a getter, so a spread copy of the head lacks it.
   */
  get headers() {
    return this.#request.headersDistinct
  }

  /**
   * Whether this connection has TLS or, behind trusted proxies, whether all entries of X-Forwarded-Proto say so. The proxies must set that
   * header: a client may have forged it.
   */
  get isSecure(): boolean {
    if (this.#trustedProxies === 0) return 'encrypted' in this.#request.socket
    const entries = (this.#request.headersDistinct['x-forwarded-proto'] ?? []).flatMap((line) => line.split(','))
    return entries.length > 0 && entries.every((entry) => entry.trim().toLowerCase() === 'https')
  }
}

/** The address of the client, behind the trusted proxies. */
export function addressOf(request: IncomingMessage, trustedProxies: number): string | undefined {
  const forwarded = trustedProxies === 0 ? [] : (request.headersDistinct['x-forwarded-for'] ?? [])
  return clientAddress(request.socket.remoteAddress, forwarded, trustedProxies)
}
