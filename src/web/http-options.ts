import type { Logger } from '../base/logger.ts'
import type { RequestLog } from './request-log.ts'

/** What both the API listener and the other routes need. */
export type HttpOptions = {
  readonly logger: Logger
  readonly log: RequestLog
  /** Whether requests for host names that are not loopback are rejected. */
  readonly loopbackOnly: boolean
  /** Whether answers tell clients to use HTTPS only (Strict-Transport-Security). */
  readonly strictTransport: boolean
  readonly isClosing: () => boolean
  /** How many trusted proxies are in front of the server. */
  readonly trustedProxies: number
}
