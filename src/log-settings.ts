import { isUnencrypted } from './gateway-settings.ts'
import { flag, path, type SettingSpec } from './setting-spec.ts'

/** Settings of the events of users, and of the logs of pools. Part of the table in settings-table.ts. */
export const logSettings = {
  authEventDays: {
    flag: 'auth-event-days',
    type: { kind: 'integer', min: 1, max: 36_500 },
    value: 'DAYS',
    default: 730,
    help: 'Days for which the auth events of users are kept: their history of sign-ins, with addresses and places.',
  },
  awsLogDelivery: {
    flag: 'aws-log-delivery',
    type: flag,
    default: false,
    help: "Deliver the logs of pools to the log groups, buckets and streams that SetLogDeliveryConfiguration names, with credentials from AWS's default provider chain.",
  },
  cloudWatchLogsEndpoint: {
    flag: 'cloudwatch-logs-endpoint',
    type: { kind: 'url', schemes: ['https:', 'http:'] },
    defaultText: "the endpoint of the log group's region",
    help: 'URL of CloudWatch Logs. Only a loopback address may be http:.',
  },
  s3Endpoint: {
    flag: 's3-endpoint',
    type: { kind: 'url', schemes: ['https:', 'http:'] },
    defaultText: "the endpoint of this server's region",
    help: 'URL of S3, or of a server with the same API, which gets the name of the bucket in the path. Only a loopback address may be http:.',
  },
  firehoseEndpoint: {
    flag: 'firehose-endpoint',
    type: { kind: 'url', schemes: ['https:', 'http:'] },
    defaultText: "the endpoint of the stream's region",
    help: 'URL of Data Firehose. Only a loopback address may be http:.',
  },
  authEventsFile: {
    flag: 'auth-events-file',
    type: path,
    value: 'FILE',
    help: 'File that gets the activity of users in all pools with threat protection, as lines of JSON; see docs/threat-protection.md.',
  },
  authEventsSecret: {
    flag: 'auth-events-secret',
    type: {
      kind: 'pattern',
      pattern: /^whsec_(?:[A-Za-z\d+/]{4}){8,21}(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/,
      expected: '`whsec_` and the base64 form of 24 to 64 bytes; make one with: echo whsec_$(openssl rand -base64 32)',
    },
    secret: true,
    help: 'Signs the requests to the EventsUrl of pools, as the Standard Webhooks specification says.',
  },
  privateEventsOrigins: {
    flag: 'private-events-origins',
    type: {
      kind: 'pattern',
      pattern: /^https?:\/\/[^\s,/?#@]+(?:,https?:\/\/[^\s,/?#@]+)*$/,
      expected: 'one or more origins, such as `https://events.corp.example`, separated by commas',
    },
    value: 'ORIGINS',
    defaultText: 'none; in `dev`, loopback addresses',
    help: 'Origins of EventsUrls whose addresses need not be public, such as one in your own network: `https://events.corp.example`. Requests to all other private addresses are refused.',
  },
  maxWaitingLogRecords: {
    flag: 'max-waiting-log-records',
    type: { kind: 'integer', min: 100, max: 100_000_000 },
    value: 'COUNT',
    default: 100_000,
    help: 'The most log records that wait for one destination of a pool, while it is down. When more wait, the oldest are dropped. 1000 records take about a megabyte.',
  },
} satisfies Record<string, SettingSpec>

/** The values of these settings. */
export type LogSettings = {
  readonly authEventDays: number
  readonly awsLogDelivery: boolean
  readonly cloudWatchLogsEndpoint: string | undefined
  readonly s3Endpoint: string | undefined
  readonly firehoseEndpoint: string | undefined
  readonly authEventsFile: string | undefined
  readonly authEventsSecret: string | undefined
  readonly privateEventsOrigins: string | undefined
  readonly maxWaitingLogRecords: number
}

/** How these settings contradict each other, each in one line without any secret. */
export function logSettingsErrors(settings: LogSettings & { readonly backupTo: string | undefined }): string[] {
  const { awsLogDelivery, backupTo, cloudWatchLogsEndpoint, s3Endpoint, firehoseEndpoint } = settings
  const endpoints = {
    '--cloudwatch-logs-endpoint': cloudWatchLogsEndpoint,
    '--s3-endpoint': s3Endpoint,
    '--firehose-endpoint': firehoseEndpoint,
  }
  return Object.entries(endpoints).flatMap(([name, url]) => {
    if (url === undefined) return []
    const isForBackups = name === '--s3-endpoint' && backupTo?.startsWith('s3:')
    const use = name === '--s3-endpoint' ? '--aws-log-delivery, or --backup-to with a bucket' : '--aws-log-delivery'
    const problems = awsLogDelivery || isForBackups ? [] : [`${name} is of no use without ${use}.`]
    if (isUnencrypted(url))
      problems.push(`${name}: only a loopback address may be http:, because data of users are sent there. Use https:.`)
    return problems
  })
}
