import { invalidParameter } from '../../contract/api-error.ts'
import type { LogConfigurationType, LogDeliveryConfigurationType } from '../../contract/generated/types.ts'
import type { Destination, LogConfiguration } from './log-delivery.ts'

/** @throws ApiError InvalidParameterException when the configuration does not name exactly one destination */
export function readLogConfiguration(configuration: LogConfigurationType): LogConfiguration {
  const destinations = [
    { kind: 'log-group', arn: configuration.CloudWatchLogsConfiguration?.LogGroupArn },
    { kind: 'bucket', arn: configuration.S3Configuration?.BucketArn },
    { kind: 'stream', arn: configuration.FirehoseConfiguration?.StreamArn },
  ].filter((destination): destination is Destination => destination.arn !== undefined)
  const [destination] = destinations
  if (destination === undefined || destinations.length > 1) {
    throw invalidParameter(`The event source ${configuration.EventSource} needs one destination: a log group, a bucket or a stream.`)
  }
  return { source: configuration.EventSource, level: configuration.LogLevel, destination }
}

export function writeLogDelivery(poolId: string, logs: readonly LogConfiguration[]): LogDeliveryConfigurationType {
  return { UserPoolId: poolId, LogConfigurations: logs.map(writeLogConfiguration) }
}

function writeLogConfiguration({ source, level, destination: { kind, arn } }: LogConfiguration): LogConfigurationType {
  return {
    LogLevel: level,
    EventSource: source,
    CloudWatchLogsConfiguration: kind === 'log-group' ? { LogGroupArn: arn } : undefined,
    S3Configuration: kind === 'bucket' ? { BucketArn: arn } : undefined,
    FirehoseConfiguration: kind === 'stream' ? { StreamArn: arn } : undefined,
  }
}
