import { invalidParameter } from '../../contract/api-error.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'

/** Where a log goes. AWS has a member for each kind of destination. */
export type Destination = { readonly kind: 'log-group' | 'bucket' | 'stream'; readonly arn: string }

export type LogConfiguration = {
  readonly source: 'userNotification' | 'userAuthEvents'
  readonly level: 'ERROR' | 'INFO'
  readonly destination: Destination
}

/** What a pool exports of its logs: one record a pool, `logDeliveryId` its id. */
export type LogDelivery = PoolResource<{ readonly logs: readonly LogConfiguration[] }>

export const logDeliveries = resourceKind<LogDelivery['config']>('log-delivery')
export const logDeliveryId = 'pool'

/** Messages that failed are errors and go to CloudWatch; what users do is for information and may go anywhere. */
const allowed = {
  userNotification: { level: 'ERROR', destinations: ['log-group'] },
  userAuthEvents: { level: 'INFO', destinations: ['log-group', 'bucket', 'stream'] },
} as const satisfies Record<LogConfiguration['source'], { level: LogConfiguration['level']; destinations: readonly Destination['kind'][] }>

/** Throws InvalidParameterException. */
export function requireValidLogs(logs: readonly LogConfiguration[]): void {
  const sources = new Set<string>()
  for (const { source, level, destination } of logs) {
    if (sources.has(source)) throw invalidParameter(`The event source ${source} is given more than once.`)
    sources.add(source)
    const { level: only, destinations } = allowed[source]
    if (level !== only) throw invalidParameter(`The log level of the event source ${source} must be ${only}.`)
    if (!destinations.some((kind) => kind === destination.kind)) {
      throw invalidParameter(`The event source ${source} can only be delivered to a CloudWatch log group.`)
    }
  }
}
