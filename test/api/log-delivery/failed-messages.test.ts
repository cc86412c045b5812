import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { awsCredentials, startLocalAwsLogs } from '../../support/local-aws-logs.ts'
import { deliverLogs, flagsFor, logGroup, notifications } from '../../support/log-delivery.ts'
import { signUp } from '../../support/self-service.ts'
import { openSmsEndpoint } from '../../support/sms-endpoint.ts'
import { startTestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

// The SDK's standard chain looks for credentials in these variables first.
Object.assign(process.env, awsCredentials)

const sms = await openSmsEndpoint()
const byPhone: Partial<CreateUserPoolCommandInput> = {
  AutoVerifiedAttributes: ['phone_number'],
  SmsConfiguration: { SnsCallerArn: 'arn:aws:iam::000000000000:role/sms' },
}

for (const engine of engines) {
  describe(`Failed messages on ${engine.name}`, () => {
    it('go to CloudWatch Logs, once each, without their recipients and codes', async () => {
      await using aws = await startLocalAwsLogs([logGroup])
      const flags = [...flagsFor(aws), ...sms.flags, '--log-level', 'silent']
      await using server = await startTestServer(engine, { flags })
      const { poolId, clientId } = await server.givenPool({ pool: byPhone })
      await deliverLogs(server, poolId, notifications)
      sms.answerTo('+15550000001', 400)
      const { UserSub } = await signUp(server, clientId, 'ana', { phone_number: '+15550000001' })
      for (let attempt = 0; attempt < 5; attempt++) {
        await server.inbox()
        server.clock.advance(60_000)
      }
      const [event] = await until(
        'an event in the log stream',
        async () => aws.streams.get(`${logGroup} ${poolId}/userNotification`) ?? [],
        ({ length }) => length > 0,
      )
      const { eventTimestamp, message, ...rest } = JSON.parse(event?.message ?? '')
      assert.deepEqual(rest, { eventSource: 'USER_NOTIFICATION', logLevel: 'ERROR', logSourceId: { userPoolId: poolId } })
      assert.equal(eventTimestamp, String(event?.timestamp))
      assert.deepEqual(Object.keys(message), ['details'])
      const expected = `The SMS message ID (SignUp) to the user ${UserSub} could not be delivered after 5 attempts: HTTP 400.`
      assert.equal(message.details.replace(/[\da-f-]{36}/, 'ID'), expected)
      assert.equal(aws.streams.get(`${logGroup} ${poolId}/userNotification`)?.length, 1)
    })
  })
}
