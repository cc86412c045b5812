import type { IncomingMessage } from 'node:http'
import type { RequestContext } from '../../contract/operation.ts'
import { clientAddress } from '../client-address.ts'
import type { RpcHead } from './dispatcher.ts'

/** `/`, with or without a query, also in its absolute form (RFC 9112 §3.2.2). */
const requestTarget = /^(?:https?:\/\/[^/?#]*)?\/?(?:\?(?<query>[^#]*))?(?:#.*)?$/i

/** Whether a request is a call of the JSON API, or a browser's question before it. */
export function isRpc({ method, url = '/' }: IncomingMessage): boolean {
  return (method === 'POST' || method === 'OPTIONS') && (url === '/' || requestTarget.test(url))
}

/** What the head of a request says to the dispatcher. */
export class ReceivedHead implements RpcHead {
  readonly method = 'POST'
  readonly path = '/'
  readonly query: string
  readonly target: string | undefined
  readonly contentType: string | undefined
  readonly context: RequestContext
  readonly #request: IncomingMessage

  constructor(request: IncomingMessage, trustedProxies: number) {
    const { headers, url = '/' } = request
    const target = headers['x-amz-target']
    this.#request = request
    this.query = url === '/' ? '' : (requestTarget.exec(url)?.groups?.['query'] ?? '')
    this.target = Array.isArray(target) ? undefined : target
    this.contentType = headers['content-type']
    this.context = { ip: addressOf(request, trustedProxies), userAgent: headers['user-agent'] }
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

/** Where a request comes from, past the proxies that are trusted. */
export function addressOf(request: IncomingMessage, trustedProxies: number): string | undefined {
  const forwarded = trustedProxies === 0 ? [] : (request.headersDistinct['x-forwarded-for'] ?? [])
  return clientAddress(request.socket.remoteAddress, forwarded, trustedProxies)
}
