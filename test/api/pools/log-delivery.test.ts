import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  GetLogDeliveryConfigurationCommand,
  type LogConfigurationType,
  SetLogDeliveryConfigurationCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const group = { LogGroupArn: 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/vendedlogs/pool' }
const bucket = { BucketArn: 'arn:aws:s3:::logs-of-the-pool' }
const stream = { StreamArn: 'arn:aws:firehose:us-east-1:123456789012:deliverystream/logs' }
const notifications = { LogLevel: 'ERROR', EventSource: 'userNotification', CloudWatchLogsConfiguration: group } as const
const activity = { LogLevel: 'INFO', EventSource: 'userAuthEvents' } as const

async function set(server: TestServer, poolId: string, logs: readonly LogConfigurationType[]) {
  const command = new SetLogDeliveryConfigurationCommand({ UserPoolId: poolId, LogConfigurations: [...logs] })
  return (await server.send(command)).LogDeliveryConfiguration
}

async function shown(server: TestServer, poolId: string) {
  return (await server.send(new GetLogDeliveryConfigurationCommand({ UserPoolId: poolId }))).LogDeliveryConfiguration
}

for (const engine of engines) {
  describe(`The log delivery on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const destination of [{ CloudWatchLogsConfiguration: group }, { S3Configuration: bucket }, { FirehoseConfiguration: stream }]) {
      it(`to a ${Object.keys(destination)[0]} is shown as it was set`, async () => {
        const { poolId } = await server().givenPool()
        const logs = [notifications, { ...activity, ...destination }]
        const expected = { UserPoolId: poolId, LogConfigurations: logs }
        assert.deepEqual(await set(server(), poolId, logs), expected)
        assert.deepEqual(await shown(server(), poolId), expected)
      })
    }

    it('is empty at first, is replaced by each request and removed by an empty list', async () => {
      const { poolId } = await server().givenPool()
      const empty = { UserPoolId: poolId, LogConfigurations: [] }
      assert.deepEqual(await shown(server(), poolId), empty)
      await set(server(), poolId, [notifications])
      await set(server(), poolId, [{ ...activity, S3Configuration: bucket }])
      assert.deepEqual((await shown(server(), poolId))?.LogConfigurations, [{ ...activity, S3Configuration: bucket }])
      assert.deepEqual(await set(server(), poolId, []), empty)
      assert.deepEqual(await shown(server(), poolId), empty)
    })

    it('belongs to one pool', async () => {
      const { poolId } = await server().givenPool()
      const other = await server().givenPool()
      await set(server(), poolId, [notifications])
      assert.deepEqual((await shown(server(), other.poolId))?.LogConfigurations, [])
      await assert.rejects(set(server(), 'us-east-1_nowhere', [notifications]), { name: 'ResourceNotFoundException' })
      await assert.rejects(shown(server(), 'us-east-1_nowhere'), { name: 'ResourceNotFoundException' })
    })

    for (const [what, logs] of Object.entries<readonly LogConfigurationType[]>({
      'the same event source twice': [notifications, notifications],
      'no destination': [activity],
      'a destination without an ARN': [{ ...activity, CloudWatchLogsConfiguration: {} }],
      'two destinations': [{ ...activity, CloudWatchLogsConfiguration: group, S3Configuration: bucket }],
      'the log of failed messages with the level INFO': [{ ...notifications, LogLevel: 'INFO' }],
      'the log of failed messages with an S3 bucket': [{ LogLevel: 'ERROR', EventSource: 'userNotification', S3Configuration: bucket }],
      'the log of user activity with the level ERROR': [{ ...activity, LogLevel: 'ERROR', FirehoseConfiguration: stream }],
      'three logs': [notifications, { ...activity, S3Configuration: bucket }, { ...activity, FirehoseConfiguration: stream }],
    })) {
      it(`rejects ${what} and stays as it was`, async () => {
        const { poolId } = await server().givenPool()
        await set(server(), poolId, [notifications])
        await assert.rejects(set(server(), poolId, logs), { name: 'InvalidParameterException' })
        assert.deepEqual((await shown(server(), poolId))?.LogConfigurations, [notifications])
      })
    }
  })
}
