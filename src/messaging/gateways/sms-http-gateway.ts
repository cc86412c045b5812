import { OutboundError, requestOutbound } from '../../base/outbound-http.ts'
import type { SmsMessage } from '../message.ts'
import { DeliveryError, type Gateway } from './gateway.ts'

type Options = {
  /** The operator set this URL, so its host may be in a private network. */
  readonly url: string
  readonly bearerToken?: string
  readonly timeoutMs?: number
}

const maxResponseBytes = 64 * 1024

/** Statuses that mean that this message is wrong. Other statuses concern the bearer token, or a failure that soon passes. */
const refusals = new Set([400, 404, 410, 413, 422])

/**
 * Sends text messages by a POST of `{id, to, text, poolId, username, trigger}` as JSON to the operator's URL. Any 2xx status accepts the
 * message. `id` is the same in every attempt.
 */
export function createSmsHttpGateway({ url, bearerToken, timeoutMs = 10_000 }: Options): Gateway<SmsMessage> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'lifeguard',
    ...(bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken}` }),
  }
  return {
    kind: 'sms-http',
    async deliver({ id, message }, signal) {
      const { recipient, text, poolId, username, trigger } = message
      const body = JSON.stringify({ id, to: recipient, text, poolId, username, trigger })
      const status = await post({ url, headers: { ...headers, 'idempotency-key': id }, body, timeoutMs, signal })
      if (status < 200 || status > 299) throw new DeliveryError(`HTTP ${status}`, { refused: refusals.has(status) })
    },
  }
}

type Post = { url: string; headers: Record<string, string>; body: string; timeoutMs: number; signal: AbortSignal }

async function post(request: Post): Promise<number> {
  try {
    const { status } = await requestOutbound({ ...request, method: 'POST', maxResponseBytes, allowPrivate: true })
    return status
  } catch (error) {
    throw error instanceof OutboundError ? new DeliveryError(`HTTP ${error.message}`, { cause: error }) : error
  }
}
