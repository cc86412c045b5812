import { OutboundError, requestOutbound } from '../../base/outbound-http.ts'

/** The parts of the SDK's request that matter here. */
type SdkRequest = {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

type SdkResponse = { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: Uint8Array }

type HandlerOptions = {
  readonly timeoutMs: number
  readonly maxResponseBytes: number
  isPrivateAllowed(url: URL): boolean
}

/**
 * An HTTP handler for clients of the AWS SDK that sends through `requestOutbound`, with its limits and its refusal of private addresses.
 * Plain HTTP is for allowed private addresses only: the requests carry passwords.
 */
export function guardedHandler({ timeoutMs, maxResponseBytes, isPrivateAllowed }: HandlerOptions) {
  return {
    async handle(request: SdkRequest): Promise<{ readonly response: SdkResponse }> {
      const port = request.port === undefined ? '' : `:${request.port}`
      const url = new URL(`${request.protocol}//${request.hostname}${port}${request.path}`)
      const allowPrivate = isPrivateAllowed(url)
      if (url.protocol !== 'https:' && !allowPrivate) throw new OutboundError('bad-url', 'a former pool that is not asked by HTTPS')
      const { status, headers, body } = await requestOutbound({
        url: url.href,
        method: 'POST',
        headers: request.headers,
        body: bytesOf(request.body),
        timeoutMs,
        maxResponseBytes,
        allowPrivate,
      })
      const single = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')])
      return { response: { statusCode: status, headers: Object.fromEntries(single), body } }
    },
    destroy() {},
    metadata: { handlerProtocol: 'http/1.1' },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
  }
}

/** The bytes of the body. The SDK's array also acts as text, so it is not handed on. */
function bytesOf(body: unknown): Buffer | string {
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : String(body ?? '')
}
