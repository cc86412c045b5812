import type { Logger } from '../base/logger.ts'
import type { Metrics } from './metrics.ts'

/** What is told of a request once it is answered. */
export type AnsweredRequest = {
  readonly id: string
  /** An API operation, or a route. Known names only. */
  readonly operation: string
  /** `ok`, or what went wrong. */
  readonly outcome: string
  readonly milliseconds: number
}

export type RequestLog = (request: AnsweredRequest) => void

/** One line in the log and one more in the figures for each request, with nothing in it that came from outside. */
export function createRequestLog(logger: Logger, metrics: Metrics): RequestLog {
  return ({ id, operation, outcome, milliseconds }) => {
    metrics.count(operation, outcome, milliseconds / 1000)
    logger.info({ reqId: id, operation, outcome, ms: Math.round(milliseconds * 10) / 10 }, 'request')
  }
}
