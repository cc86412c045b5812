import { requestOutbound } from '../../base/outbound-http.ts'
import { webhookHeaders } from '../../base/webhook-signature.ts'
import { LogDeliveryError, type LogDestination, linesOf } from './destination.ts'

type Options = {
  readonly url: string
  /** Signs the requests. Undefined for requests without a signature. */
  readonly secret: Buffer | undefined
  /** Whether the address may be one of this machine or of a private network. */
  readonly allowPrivate: boolean
}

/** The EventsUrl of a pool. Its settings come through the API, so the address has to be public unless the operator allows it. */
export function createUrlDestination({ url, secret, allowPrivate }: Options): LogDestination {
  return {
    kind: 'url',
    target: url,
    batchSize: 100,
    collectMs: 0,
    async deliver(batch, signal) {
      const body = linesOf(batch)
      const headers = {
        'content-type': 'application/x-ndjson',
        'user-agent': 'lifeguard',
        'idempotency-key': batch.id,
        ...webhookHeaders({ id: batch.id, body }, secret),
      }
      const request = { url, method: 'POST', headers, body, timeoutMs: 10_000, maxResponseBytes: 64 * 1024, allowPrivate, signal } as const
      const { status } = await requestOutbound(request)
      if (status < 200 || status > 299) throw new LogDeliveryError(`the endpoint answered with status ${status}`)
      return {}
    },
  }
}
