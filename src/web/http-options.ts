import type { Logger } from '../base/logger.ts'
import type { RequestLog } from './request-log.ts'

/** What every answer of the server depends on, whoever writes it. */
export type HttpOptions = {
  readonly logger: Logger
  readonly log: RequestLog
  /** Answers requests for loopback host names only. */
  readonly loopbackOnly: boolean
  /** Clients are to come back by HTTPS only. */
  readonly strictTransport: boolean
  readonly isClosing: () => boolean
  /** How many proxies of ours stand before the server. */
  readonly trustedProxies: number
}
