import { invalidParameter } from '../../contract/api-error.ts'
import { type PoolResource, resourceKind } from '../pool-resource.ts'
import { readDestinationArn } from './destination-arn.ts'

/** The destination of a log. AWS's API has a member for each kind. */
export type Destination = { readonly kind: 'log-group' | 'bucket' | 'stream'; readonly arn: string }

export type LogConfiguration = {
  readonly source: 'userNotification' | 'userAuthEvents'
  readonly level: 'ERROR' | 'INFO'
  readonly destination: Destination
}

/** Where the logs of a pool go. A pool has one such resource, with the id `logDeliveryId`. The module log-delivery delivers them. */
export type LogDelivery = PoolResource<{ readonly logs: readonly LogConfiguration[] }>

export const logDeliveries = resourceKind<LogDelivery['config']>('log-delivery')
export const logDeliveryId = 'pool'

/** Failed messages are errors and can only go to CloudWatch. The events of users are information and can go to any destination. */
const allowed = {
  userNotification: { level: 'ERROR', destinations: ['log-group'] },
  userAuthEvents: { level: 'INFO', destinations: ['log-group', 'bucket', 'stream'] },
} as const satisfies Record<LogConfiguration['source'], { level: LogConfiguration['level']; destinations: readonly Destination['kind'][] }>

const kindNames = { 'log-group': 'log group', bucket: 'bucket', stream: 'delivery stream' } as const satisfies Record<
  Destination['kind'],
  string
>

/** @throws ApiError InvalidParameterException when an event source appears twice, or has the wrong level or destination, or an ARN is wrong */
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
    if (readDestinationArn(destination.kind, destination.arn) === undefined) {
      throw invalidParameter(`${destination.arn} is not the ARN of a ${kindNames[destination.kind]}.`)
    }
  }
}
