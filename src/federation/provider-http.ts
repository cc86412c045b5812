import { OutboundError, type OutboundFailure, requestOutbound } from '../base/outbound-http.ts'

/** The most bytes of an answer. Metadata and key sets are far smaller. */
const maxResponseBytes = 512 * 1024
/** For one exchange. A sign-in makes up to four: metadata, tokens, keys and user info. */
const timeoutMs = 5000

type Sent = {
  readonly method: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

/** Sends a request to an identity provider, as `fetch` does. Redirects are not followed. */
export type ProviderFetch = (url: string, sent: Sent) => Promise<Response>

type Options = {
  /** Origins whose addresses need not be public, by the settings of the operator. */
  readonly isPrivateAllowed: (url: URL) => boolean
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
  readonly timeRequest: TimeProviderRequest
}

/** Notes how long an exchange with a provider took. */
export type TimeProviderRequest = (outcome: 'answered' | OutboundFailure, seconds: number) => void

/** A provider gave no answer. `url` is the endpoint without its query. */
export class ProviderUnreachable extends Error {
  override readonly name = 'ProviderUnreachable'
  readonly url: string
  readonly failure: OutboundFailure

  constructor(url: string, cause: OutboundError) {
    super(`No answer of ${url}: ${cause.message}`, { cause })
    this.url = url
    this.failure = cause.failure
  }
}

/** All requests to identity providers go through this function: it refuses private addresses, and limits sizes and times. */
export function createProviderFetch({ isPrivateAllowed, withoutSlot, timeRequest }: Options): ProviderFetch {
  return async (url, { method, headers, body, signal }) => {
    if (method !== 'GET' && method !== 'POST') throw new TypeError(`The method ${method} is not used for providers.`)
    const unreachable = (cause: OutboundError) => new ProviderUnreachable(url.replace(/\?.*$/, ''), cause)
    const begunAt = performance.now()
    const end = (outcome: Parameters<TimeProviderRequest>[0]) => timeRequest(outcome, (performance.now() - begunAt) / 1000)
    const {
      status,
      headers: received,
      body: bytes,
    } = await withoutSlot(() =>
      requestOutbound({
        url,
        method,
        ...(headers !== undefined && { headers }),
        ...(body !== undefined && body !== null && { body: String(body) }),
        ...(signal !== undefined && { signal }),
        timeoutMs,
        maxResponseBytes,
        allowPrivate: URL.canParse(url) && isPrivateAllowed(new URL(url)),
      }),
    ).catch((error: unknown) => {
      if (!(error instanceof OutboundError)) throw error
      end(error.failure)
      throw unreachable(error)
    })
    end('answered')
    if (status < 200 || status > 599) throw unreachable(new OutboundError('unreachable', `the status ${status}, which HTTP does not have`))
    const kept = Object.entries(received).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [value].flat().map((one) => [name, one]),
    )
    const hasBody = ![204, 205, 304].includes(status)
    const response = new Response(hasBody ? new Uint8Array(bytes) : null, { status, headers: kept })
    // A response that is made has no URL, and errors of the library have only the response.
    return Object.defineProperty(response, 'url', { value: url })
  }
}
