import { OutboundError, requestOutbound } from '../../base/outbound-http.ts'
import { traceHeaders } from '../../base/tracing.ts'
import { webhookHeaders } from '../../base/webhook-signature.ts'
import { FunctionError, InvocationError, timedOut } from '../trigger-errors.ts'
import { answerTooLong, type Invocation, maxAnswerBytes, parseAnswer, type TriggerFunction } from './function.ts'

type Options = {
  /** The operator set this URL, so its host may be in a private network. */
  readonly url: string
  /** Undefined for requests without a signature. */
  readonly secret: Buffer | undefined
}

/** The time limit of the HTTP client. It is longer than the limit of any trigger, so the signal ends an attempt earlier. */
const maxTimeoutMs = 90_000

/**
 * A function behind an HTTP endpoint. The event is posted to the endpoint, and the body of a 2xx answer is what the function returned. Any
 * other answer with `{"errorMessage": …}` is an error that the function threw. Requests are signed as the Standard Webhooks specification
 * says. Its libraries verify requests, and reject those that are older than their time window.
 */
export function createHttpFunction({ url, secret }: Options): TriggerFunction {
  return {
    async invoke(invocation, signal) {
      const { status, body } = await post(url, invocation, webhookHeaders({ id: invocation.id, body: invocation.event }, secret), signal)
      const answer = parseAnswer(body.toString())
      if (status >= 200 && status <= 299) return answer
      const message = (answer as { errorMessage?: unknown } | null | undefined)?.errorMessage
      if (typeof message === 'string') throw new FunctionError(message)
      throw new InvocationError(status === 429 ? 'TooManyRequestsException' : 'ServiceException', {
        retryable: status === 429 || status >= 500,
        detail: `The endpoint answered with status ${status}.`,
      })
    },

    async close() {},
  }
}

async function post(url: string, { id, event }: Invocation, signature: Record<string, string>, signal: AbortSignal) {
  try {
    return await requestOutbound({
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'lifeguard', 'idempotency-key': id, ...traceHeaders(), ...signature },
      body: event,
      timeoutMs: maxTimeoutMs,
      maxResponseBytes: maxAnswerBytes,
      allowPrivate: true,
      signal,
    })
  } catch (error) {
    if (signal.aborted) throw signal.reason ?? timedOut()
    if (error instanceof OutboundError && error.failure === 'too-large') throw answerTooLong()
    throw new InvocationError('ServiceException', { cause: error })
  }
}
