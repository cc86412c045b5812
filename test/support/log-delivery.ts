import { type LogConfigurationType, SetLogDeliveryConfigurationCommand } from '@aws-sdk/client-cognito-identity-provider'
import { callLifeguard } from './lifeguard-operations.ts'
import type { LocalAwsLogs } from './local-aws-logs.ts'
import { givenUser, signInByPassword } from './sign-in.ts'
import type { TestServer } from './test-server.ts'

export const logGroup = '/aws/vendedlogs/users'
export const toLogGroup = {
  CloudWatchLogsConfiguration: { LogGroupArn: `arn:aws:logs:eu-west-1:123456789012:log-group:${logGroup}` },
} as const
export const toBucket = { S3Configuration: { BucketArn: 'arn:aws:s3:::logs-of-the-pool' } } as const
export const toStream = {
  FirehoseConfiguration: { StreamArn: 'arn:aws:firehose:eu-west-2:123456789012:deliverystream/logs' },
} as const
export const activity = { LogLevel: 'INFO', EventSource: 'userAuthEvents' } as const
export const notifications = { LogLevel: 'ERROR', EventSource: 'userNotification', ...toLogGroup } as const

/** The flags of a server that delivers logs to the stand-in of AWS. */
export const flagsFor = ({ url }: LocalAwsLogs) => [
  '--aws-log-delivery',
  '--cloudwatch-logs-endpoint',
  url,
  '--s3-endpoint',
  url,
  '--firehose-endpoint',
  url,
]

export async function deliverLogs(server: TestServer, poolId: string, ...logs: readonly LogConfigurationType[]): Promise<void> {
  await server.send(new SetLogDeliveryConfigurationCommand({ UserPoolId: poolId, LogConfigurations: [...logs] }))
}

export const sendEventsTo = (server: Pick<TestServer, 'url'>, poolId: string, EventsUrl: string | undefined) =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: poolId, ThreatProtection: { EventsUrl } })

/** A pool that records auth events, with the user `ana`. */
export async function givenWatchedPool(server: TestServer) {
  const ids = await server.givenPool({ pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } })
  return { ...ids, ...(await givenUser(server, ids.poolId, 'ana')) }
}

/** A sign-in with a wrong password: it leaves one event, and so one record for each destination. */
export async function failSignIn(server: TestServer, clientId: string, username = 'ana'): Promise<void> {
  await signInByPassword(server, clientId, username, 'Wrong-password-1').then(
    () => Promise.reject(new Error('The sign-in succeeded.')),
    () => undefined,
  )
}
