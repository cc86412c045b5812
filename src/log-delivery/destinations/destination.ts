import { OutboundError } from '../../base/outbound-http.ts'
import type { WaitingRecord } from '../log-record.ts'

export type DestinationKind = 'cloudwatch' | 's3' | 'firehose' | 'url' | 'file'

/** Records of one pool, oldest first. `id` is the same whenever the same records are delivered again. */
export type LogBatch = {
  readonly id: string
  readonly poolId: string
  readonly records: readonly WaitingRecord[]
}

export type DeliveryResult = {
  /** Records that the destination does not want, now or later. They are not delivered again. */
  readonly rejected?: number
  /** The ids of records that the destination does not have yet. They stay in the queue. */
  readonly left?: ReadonlySet<string>
  /** Why the destination did not take the records in `left`. Undefined when the next delivery may have them at once. */
  readonly reason?: string
}

/** Where records of a pool go. */
export type LogDestination = {
  readonly kind: DestinationKind
  /** Names the destination. After it has changed, no failure of the former one counts. */
  readonly target: string
  /** The most records of one delivery. */
  readonly batchSize: number
  /** For how long records are collected before they are delivered, in milliseconds, unless they fill a batch. */
  readonly collectMs: number
  /** Resolves when the destination has the records for good. Rejects when it may not have them: all are delivered again then. */
  deliver(batch: LogBatch, signal: AbortSignal): Promise<DeliveryResult>
}

/** A delivery failed. The message is for the log: it contains no text of the destination, nor anything that was sent. */
export class LogDeliveryError extends Error {
  override readonly name = 'LogDeliveryError'
}

type AwsError = { readonly name?: unknown; readonly $metadata?: { readonly httpStatusCode?: unknown } }

/** Why a delivery failed, for the log. The text of any other error may quote what was sent, so only its name and status are used. */
export function failureReason(error: unknown): string {
  if (error instanceof LogDeliveryError || error instanceof OutboundError) return error.message
  const { name, $metadata } = error as AwsError
  const status = $metadata?.httpStatusCode
  const kind = typeof name === 'string' && /^[A-Za-z]{1,60}$/.test(name) ? name : 'unknown failure'
  return typeof status === 'number' ? `${kind} (HTTP ${status})` : kind
}

/** The records as lines of JSON. */
export const linesOf = ({ records }: Pick<LogBatch, 'records'>): string => records.map(({ record }) => `${record}\n`).join('')

/** Options of all AWS clients. The SDK must not retry, because the worker does. */
export const awsClientOptions = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const
