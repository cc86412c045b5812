import { OutboundError, requestOutbound } from '../../base/outbound-http.ts'
import type { SmsMessage } from '../message.ts'
import { DeliveryError, type Gateway } from './gateway.ts'

type Options = {
  /** Given by the operator, so it may lie in a private network. */
  readonly url: string
  readonly bearerToken?: string
  readonly timeoutMs?: number
}

const maxResponseBytes = 64 * 1024

/** Answers by which a gateway says that this message is wrong, and not that the moment or the token is. */
const refusals = new Set([400, 404, 410, 413, 422])

/**
 * Text messages by a POST of `{id, to, text, poolId, username, trigger}` as JSON to an address of the operator's.
 * Any 2xx takes the message over; `id` is the same at a repetition.
 */
export function createSmsHttpGateway({ url, bearerToken, timeoutMs = 10_000 }: Options): Gateway<SmsMessage> {
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'lifeguard',
    ...(bearerToken === undefined ? {} : { authorization: `Bearer ${bearerToken}` }),
  }
  return {
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
