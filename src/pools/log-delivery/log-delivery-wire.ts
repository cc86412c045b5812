import { invalidParameter } from '../../contract/api-error.ts'
import type { LogConfigurationType, LogDeliveryConfigurationType } from '../../contract/generated/types.ts'
import type { Destination, LogConfiguration } from './log-delivery.ts'

/** Throws InvalidParameterException unless it names one destination. */
export function readLogConfiguration(given: LogConfigurationType): LogConfiguration {
  const destinations = [
    { kind: 'log-group', arn: given.CloudWatchLogsConfiguration?.LogGroupArn },
    { kind: 'bucket', arn: given.S3Configuration?.BucketArn },
    { kind: 'stream', arn: given.FirehoseConfiguration?.StreamArn },
  ].filter((destination): destination is Destination => destination.arn !== undefined)
  const [destination] = destinations
  if (destination === undefined || destinations.length > 1) {
    throw invalidParameter(`The event source ${given.EventSource} needs one destination: a log group, a bucket or a stream.`)
  }
  return { source: given.EventSource, level: given.LogLevel, destination }
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
