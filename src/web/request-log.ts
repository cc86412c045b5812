import type { Logger } from '../base/logger.ts'
import type { Metrics } from './metrics.ts'

/** What becomes known of a request while it is answered. */
export type RequestLogFields = {
  /** An API operation, or a route. Known names only. */
  operation: string
  /** Which key signed it; in `dev`, which one it names. */
  accessKeyId?: string | undefined
  /** What a valid request or the caller's token names. They need not exist. */
  userPoolId?: string | undefined
  clientId?: string | undefined
  address?: string | undefined
}

/** What is told of a request once it is answered. */
export type AnsweredRequest = {
  readonly id: string
  readonly logFields: RequestLogFields
  readonly status: number
  /** `ok`, or what went wrong. */
  readonly outcome: string
  readonly milliseconds: number
}

export type RequestLog = (request: AnsweredRequest) => void

/**
 * One line in the log and one more in the figures for each request. The line says who did what, in words that were checked: ids only.
 * Addresses are personal data in many countries, so they are logged only when the operator asks for them.
 */
export function createRequestLog(logger: Logger, metrics: Metrics, { addresses }: { readonly addresses: boolean }): RequestLog {
  return ({ id, logFields: { operation, address, ...who }, status, outcome, milliseconds }) => {
    metrics.count(operation, outcome, milliseconds / 1000)
    const from = addresses ? { address } : undefined
    logger.info({ reqId: id, operation, outcome, status, ...who, ...from, ms: Math.round(milliseconds * 10) / 10 }, 'request')
  }
}
