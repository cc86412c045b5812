/** The parts of an ARN that a delivery needs. */
type DestinationArn = {
  /** Empty in the ARN of a bucket. */
  readonly region: string
  /** The name of the log group, the bucket or the stream. */
  readonly name: string
}

/** The region becomes part of the host name that gets our credentials, so its form is checked. */
const region = '[a-z]{2}(?:-[a-z]+)+-\\d'

const patterns = {
  'log-group': new RegExp(`^arn:[a-z-]+:logs:(?<region>${region}):\\d{12}:log-group:(?<name>[\\w.\\-/#]{1,512})(?::\\*)?$`),
  stream: new RegExp(`^arn:[a-z-]+:firehose:(?<region>${region}):\\d{12}:deliverystream/(?<name>[\\w.-]{1,64})$`),
  bucket: /^arn:[a-z-]+:s3:(?<region>)::(?<name>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$/,
} as const

/** Undefined when the ARN is not that of a destination of this kind. */
export function readDestinationArn(kind: keyof typeof patterns, arn: string): DestinationArn | undefined {
  const { region, name } = patterns[kind].exec(arn)?.groups ?? {}
  return region === undefined || name === undefined ? undefined : { region, name }
}
