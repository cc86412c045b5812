import { isOwnClientId, isOwnPoolId } from '../base/ids.ts'
import type { Logger } from '../base/logger.ts'
import type { Metrics } from './metrics.ts'

/** What the log says about a request. The fields are filled in while the request is processed. */
export type RequestLogFields = {
  /** The name of the API operation or of the route. A name that a client made up is never logged. */
  operation: string
  /** The access key that signed the request; in `dev`, the one that the request names. */
  accessKeyId?: string | undefined
  /** The pool that the request or the caller's token names. It has the form of a pool's id, but need not exist. */
  userPoolId?: string | undefined
  clientId?: string | undefined
  /** The role that a request asks for. It has the form of a role's ARN, but need not exist. */
  roleArn?: string | undefined
  address?: string | undefined
}

/** What is logged about a request after its answer. */
export type AnsweredRequest = {
  readonly id: string
  readonly logFields: RequestLogFields
  readonly status: number
  /** `ok`, an error code or an HTTP status. */
  readonly outcome: string
  readonly milliseconds: number
}

export type RequestLog = (request: AnsweredRequest) => void

/**
 * Writes one line to the log and counts one request in the metrics. The line names operation, pool, app client and access key, by ids that
 * were validated. Addresses are personal data in many countries, so they are logged only if the operator asks for it.
 *
 * A failure of the server (500) is an error. A 503 is not: the overload or the outage behind it has lines of its own, and one line for each
 * request at that level would hide them.
 */
export function createRequestLog(logger: Logger, metrics: Metrics, { addresses }: { readonly addresses: boolean }): RequestLog {
  return ({ id, logFields: { operation, address, ...who }, status, outcome, milliseconds }) => {
    metrics.count(operation, outcome, milliseconds / 1000)
    const from = addresses ? { address } : undefined
    logger[status >= 500 && status !== 503 ? 'error' : 'info'](
      { reqId: id, operation, outcome, status, ...who, ...from, ms: Math.round(milliseconds * 10) / 10 },
      'request',
    )
  }
}

/** Adds the ids that a request names. A text that is no id of ours is left out, since a client may have put anything there. */
export function noteIds(
  logFields: RequestLogFields,
  { userPoolId, clientId }: { readonly userPoolId?: unknown; readonly clientId?: unknown },
): void {
  if (isOwnPoolId(userPoolId)) logFields.userPoolId = userPoolId
  if (isOwnClientId(clientId)) logFields.clientId = clientId
}
