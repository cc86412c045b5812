import { threatProtectionOf } from '../../pools/extensions/pool-extensions.ts'
import { readDestinationArn } from '../../pools/log-delivery/destination-arn.ts'
import type { Destination } from '../../pools/log-delivery/log-delivery.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { LogQueue } from '../log-record.ts'
import type { AwsClients } from './aws-clients.ts'
import { createCloudWatchDestination } from './cloudwatch-destination.ts'
import { LogDeliveryError, type LogDestination } from './destination.ts'
import { createFirehoseDestination } from './firehose-destination.ts'
import { createS3Destination } from './s3-destination.ts'
import { createUrlDestination } from './url-destination.ts'

type Options = {
  readonly pools: Pick<PoolCatalog, 'findPool' | 'findLogsOf'>
  /** Undefined when nothing is delivered to AWS. */
  readonly aws: AwsClients | undefined
  /** The region of buckets, whose ARNs name none. */
  readonly region: string
  readonly accountId: string
  /** Undefined when no file is set. */
  readonly file: LogDestination | undefined
  readonly urlSecret: Buffer | undefined
  readonly allowsPrivate: (url: string) => boolean
}

/**
 * Finds the present destination of a queue. `gone`: the pool has none any more. `unset`: the settings of this process have none, but those of
 * another process may, for instance while servers are restarted with new settings.
 */
export type FindLogDestination = (queue: LogQueue) => Promise<LogDestination | 'gone' | 'unset'>

export function createDestinationFinder({ pools, aws, file, urlSecret, allowsPrivate, ...place }: Options): FindLogDestination {
  const sources = { notification: 'userNotification', activity: 'userAuthEvents' } as const
  return async ({ poolId, sink }) => {
    const pool = await pools.findPool(poolId)
    if (pool === undefined) return 'gone'
    if (sink === 'file') return file ?? 'unset'
    if (sink === 'url') {
      const url = threatProtectionOf(pool).eventsUrl
      return url === undefined ? 'gone' : createUrlDestination({ url, secret: urlSecret, allowPrivate: allowsPrivate(url) })
    }
    const source = sources[sink]
    const configured = (await pools.findLogsOf(poolId)).find((log) => log.source === source)
    if (configured === undefined) return 'gone'
    if (aws === undefined) return 'unset'
    return createAwsDestination(aws, configured.destination, { ...place, poolId, logStream: `${poolId}/${source}` })
  }
}

type Place = { readonly poolId: string; readonly logStream: string; readonly region: string; readonly accountId: string }

function createAwsDestination(aws: AwsClients, { kind, arn }: Destination, place: Place): LogDestination {
  const read = readDestinationArn(kind, arn)
  if (read === undefined) return unusableDestination(kind, arn)
  const { region, name } = read
  const { poolId, logStream, accountId } = place
  switch (kind) {
    case 'log-group':
      return createCloudWatchDestination({ client: () => aws.cloudWatchLogs(region), arn, logGroup: name, logStream })
    case 'stream':
      return createFirehoseDestination({ client: () => aws.firehose(region), arn, stream: name })
    case 'bucket': {
      const prefix = `AWSLogs/${accountId}/cognito-idp/${place.region}/${poolId}`
      return createS3Destination({ client: () => aws.s3(place.region), arn, bucket: name, prefix })
    }
  }
}

const kinds = { 'log-group': 'cloudwatch', stream: 'firehose', bucket: 's3' } as const

/** Earlier releases stored ARNs that they did not check. */
function unusableDestination(kind: Destination['kind'], arn: string): LogDestination {
  return {
    kind: kinds[kind],
    target: arn,
    batchSize: 1,
    collectMs: 0,
    deliver: () => Promise.reject(new LogDeliveryError('the ARN is not that of such a destination')),
  }
}
