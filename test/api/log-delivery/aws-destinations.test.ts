import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { awsCredentials, startLocalAwsLogs } from '../../support/local-aws-logs.ts'
import {
  activity,
  deliverLogs,
  failSignIn,
  flagsFor,
  givenWatchedPool,
  logGroup,
  toBucket,
  toLogGroup,
  toStream,
} from '../../support/log-delivery.ts'
import { readMetrics } from '../../support/metrics.ts'
import { claimsOf, givenTokens } from '../../support/sign-in.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

// The SDK's standard chain looks for credentials in these variables first.
Object.assign(process.env, awsCredentials)

const arnOf = (name: string) => `arn:aws:logs:eu-west-1:123456789012:log-group:${name}`
const closable = (storage: Awaited<ReturnType<typeof openStorage>>) =>
  Object.assign(storage, { [Symbol.asyncDispose]: () => storage.close() })

/** What the message of a sign-in by password has, whoever signs in. */
const passedSignIn = {
  version: '1',
  eventType: 'SignIn',
  userName: 'ana',
  eventResponse: 'Pass',
  riskLevel: '',
  riskDecision: 'PASS',
  challenges: [{ challengeName: 'Password', challengeResponse: 'Success' }],
  ipAddress: '127.0.0.1',
  idpName: '',
  compromisedCredentialDetected: 'false',
  city: '',
  country: '',
  eventFeedbackValue: '',
  eventFeedbackDate: '',
  eventFeedbackProvider: '',
  hasContextData: 'false',
}

const count = async (server: TestServer, name: string, labels: string) => (await readMetrics(server.url)).valuesOf(name)[labels] ?? 0

for (const engine of engines) {
  describe(`Logs for AWS on ${engine.name}`, () => {
    it('go to CloudWatch Logs in a stream of the pool, in the form that Cognito has', async () => {
      await using aws = await startLocalAwsLogs([logGroup])
      await using server = await startTestServer(engine, { flags: flagsFor(aws) })
      const { poolId, clientId, sub } = await givenWatchedPool(server)
      await deliverLogs(server, poolId, { ...activity, ...toLogGroup })
      const { accessToken } = await givenTokens(server, clientId, 'ana')
      const [event] = await until(
        'an event in the log stream',
        async () => aws.streams.get(`${logGroup} ${poolId}/userAuthEvents`) ?? [],
        ({ length }) => length > 0,
      )
      const now = server.clock.now()
      assert.equal(event?.timestamp, now)
      const { message, ...rest } = JSON.parse(event.message)
      assert.deepEqual(rest, {
        eventTimestamp: String(now),
        eventSource: 'USER_ACTIVITY',
        logLevel: 'INFO',
        logSourceId: { userPoolId: poolId },
      })
      const { requestId, creationDate, deviceName, ...known } = message
      const eventId = claimsOf(accessToken)['event_id']
      assert.deepEqual(known, { ...passedSignIn, eventId, userSub: sub, userPoolId: poolId, clientId })
      assert.match(requestId, /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/)
      assert.match(creationDate, /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}$/)
      assert.equal(Date.parse(creationDate), Math.floor(now / 1000) * 1000)
      assert.match(deviceName, /^AWS SDK \d, /)
      assert.equal(Object.keys(message).slice(0, 6).join(), 'version,eventId,eventType,userSub,userName,userPoolId')
      assert.deepEqual(
        aws.calls.map(({ name, region }) => [name, region]),
        [
          ['PutLogEvents', 'eu-west-1'],
          ['CreateLogStream', 'eu-west-1'],
          ['PutLogEvents', 'eu-west-1'],
        ],
      )
      assert.deepEqual(aws.invalid, [])
    })

    it('go to Firehose as lines, and only the records that it did not take go there again', async () => {
      await using aws = await startLocalAwsLogs()
      await using server = await startTestServer(engine, { flags: flagsFor(aws) })
      const { poolId, clientId } = await givenWatchedPool(server)
      aws.fail({ status: 503, error: 'ServiceUnavailableException' })
      await deliverLogs(server, poolId, { ...activity, ...toStream })
      for (const _ of [1, 2, 3]) await failSignIn(server, clientId)
      await until('a failed attempt', () => count(server, 'lifeguard_log_delivery_attempts_total', 'destination=firehose outcome=failed'))
      aws.fail(undefined)
      aws.failRecords([1])
      server.clock.advance(60_000)
      await until('two records', async () => aws.delivered.length === 2)
      await until('the third record', async () => {
        server.clock.advance(60_000)
        return aws.delivered.length === 3
      })
      const events = await eventsOf(server, poolId)
      assert.deepEqual(
        aws.delivered.map((line) => JSON.parse(line).message.eventId).toSorted(),
        events.map(({ EventId }) => EventId).toSorted(),
      )
      assert.ok(aws.delivered.every((line) => line.endsWith('}\n')))
      assert.ok(aws.calls.every(({ name, region }) => name === 'PutRecordBatch' && region === 'eu-west-2'))
      assert.deepEqual(aws.invalid, [])
      await until('the queue is empty', async () => (await count(server, 'lifeguard_log_records_oldest_age_seconds', '')) === 0)
      assert.equal(await count(server, 'lifeguard_log_records_total', 'destination=firehose outcome=delivered'), 3)
    })

    it('are collected for a minute and go to S3 as one compressed object with the date in its key', async () => {
      await using aws = await startLocalAwsLogs()
      await using server = await startTestServer(engine, { flags: [...flagsFor(aws), '--region', 'eu-west-3'] })
      const { poolId, clientId } = await givenWatchedPool(server)
      await deliverLogs(server, poolId, { ...activity, ...toBucket })
      await failSignIn(server, clientId)
      const time = new Date(server.clock.now()).toISOString()
      server.clock.advance(1000)
      await failSignIn(server, clientId)
      server.clock.advance(59_000)
      await until('an object', async () => aws.objects.size > 0)
      const [[key, content] = ['', '']] = aws.objects
      const prefix = `logs-of-the-pool/AWSLogs/000000000000/cognito-idp/eu-west-3/${poolId}`
      const [day, hour, clock] = [time.slice(0, 10), time.slice(11, 13), time.slice(11, 19)]
      const name = `${day.replaceAll('-', '')}T${clock.replaceAll(':', '')}Z`
      assert.equal(key.replace(/_[\da-f]{16}(?=\.log\.gz$)/, ''), `${prefix}/${day.replaceAll('-', '/')}/${hour}/${name}.log.gz`)
      const lines = content.split('\n').filter(Boolean)
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).message.eventResponse),
        ['Fail', 'Fail'],
      )
      assert.equal(aws.objects.size, 1)
      assert.deepEqual(
        aws.calls.map(({ region, headers }) => [region, headers['content-type']]),
        [['eu-west-3', 'application/gzip']],
      )
      assert.deepEqual(aws.invalid, [])
    })

    it('are not delivered again if CloudWatch Logs rejects them as too old', async () => {
      await using aws = await startLocalAwsLogs([logGroup])
      await using server = await startTestServer(engine, { flags: [...flagsFor(aws), '--log-level', 'silent'] })
      const { poolId, clientId } = await givenWatchedPool(server)
      await deliverLogs(server, poolId, { ...activity, ...toLogGroup })
      aws.fail({ status: 500, error: 'InternalFailure' })
      for (const _ of [1, 2, 3]) await failSignIn(server, clientId)
      await until('a failed attempt', () => count(server, 'lifeguard_log_delivery_attempts_total', 'destination=cloudwatch outcome=failed'))
      aws.fail(undefined)
      aws.rejectOld(2)
      server.clock.advance(60_000)
      await until('a delivery', () => count(server, 'lifeguard_log_records_total', 'destination=cloudwatch outcome=rejected'))
      assert.equal(await count(server, 'lifeguard_log_records_total', 'destination=cloudwatch outcome=rejected'), 2)
      assert.equal(await count(server, 'lifeguard_log_records_total', 'destination=cloudwatch outcome=delivered'), 1)
      assert.equal(aws.streams.get(`${logGroup} ${poolId}/userAuthEvents`)?.length, 1)
      await until('the queue is empty', async () => (await count(server, 'lifeguard_log_records_oldest_age_seconds', '')) === 0)
    })

    it('wait for a log group that does not exist, and the log names no user, no address and nothing that AWS said', async () => {
      await using aws = await startLocalAwsLogs(['another'])
      const { lines, logger } = recordingLogger('info')
      await using server = await startTestServer(engine, { flags: flagsFor(aws), logger })
      const { poolId, clientId } = await givenWatchedPool(server)
      await deliverLogs(server, poolId, { ...activity, ...toLogGroup })
      await failSignIn(server, clientId)
      const isFailure = (line: string) => line.includes('Log records could not be delivered')
      const line = await until(
        'a warning',
        async () => lines.find(isFailure),
        (found) => found !== undefined,
      )
      const { level, msg, destination, reason, userPoolId, poolId: named } = JSON.parse(line ?? '')
      assert.deepEqual([destination, reason, named ?? userPoolId], ['cloudwatch', 'ResourceNotFoundException (HTTP 400)', poolId])
      assert.ok(level !== undefined && msg !== undefined)
      assert.doesNotMatch(line ?? '', /ana|127\.0\.0\.1|echo of/)
      // The server tries again, after a longer and longer pause, and logs that once a minute.
      const attempts = () => count(server, 'lifeguard_log_delivery_attempts_total', 'destination=cloudwatch outcome=failed')
      for (let expected = 2; expected < 6; expected++) {
        server.clock.advance(10_000)
        await until(`attempt ${expected}`, attempts, (made) => made >= expected)
      }
      assert.equal(lines.filter(isFailure).length, 1)
    })

    it('do not hold up the end of the server while AWS gives no answer, and are delivered by the next one', async () => {
      await using aws = await startLocalAwsLogs()
      await using server = await startTestServer(engine, { flags: [...flagsFor(aws), '--log-level', 'silent'] })
      const { poolId, clientId } = await givenWatchedPool(server)
      await deliverLogs(server, poolId, { ...activity, ...toStream })
      aws.fail('hang')
      await failSignIn(server, clientId)
      await until('a call', async () => aws.calls.length)
      const begun = performance.now()
      await server.restart()
      assert.ok(performance.now() - begun < 9000, 'the server waited for AWS until the time limit')
      aws.fail(undefined)
      await until('a record', async () => aws.delivered.length === 1)
    })

    it('are not written at all without --aws-log-delivery, and AWS is not asked', async () => {
      await using aws = await startLocalAwsLogs([logGroup])
      await using server = await startTestServer(engine)
      const { poolId, clientId } = await givenWatchedPool(server)
      await deliverLogs(server, poolId, { ...activity, ...toLogGroup })
      await failSignIn(server, clientId)
      await using storage = await openStorage({ url: server.databaseUrl }).then(closable)
      assert.deepEqual(await storage.db.selectFrom('log_record').select('id').execute(), [])
      assert.equal(aws.calls.length, 0)
    })

    it('go to the new destination, also those that still wait, after the configuration has changed', async () => {
      await using aws = await startLocalAwsLogs([logGroup])
      await using server = await startTestServer(engine, { flags: [...flagsFor(aws), '--log-level', 'silent'] })
      const { poolId, clientId } = await givenWatchedPool(server)
      await deliverLogs(server, poolId, { ...activity, CloudWatchLogsConfiguration: { LogGroupArn: `${arnOf('missing')}` } })
      await failSignIn(server, clientId)
      await until('a failure', () => count(server, 'lifeguard_log_delivery_attempts_total', 'destination=cloudwatch outcome=failed'))
      await deliverLogs(server, poolId, { ...activity, ...toStream })
      // The pause after the failure does not hold up the new destination.
      await until('a record in the stream', async () => aws.delivered.length === 1)
      await failSignIn(server, clientId)
      await until('the next record', async () => aws.delivered.length === 2)

      aws.fail({ status: 500, error: 'InternalFailure' })
      await failSignIn(server, clientId)
      await until('another failure', () => count(server, 'lifeguard_log_delivery_attempts_total', 'destination=firehose outcome=failed'))
      await deliverLogs(server, poolId)
      await using storage = await openStorage({ url: server.databaseUrl }).then(closable)
      await until(
        'the record is dropped',
        () => storage.db.selectFrom('log_record').select('id').execute(),
        (rows) => rows.length === 0,
      )
      aws.fail(undefined)
      assert.equal(aws.delivered.length, 2)
    })

    it('need an ARN of the right service', async () => {
      await using server = await startTestServer(engine)
      const { poolId } = await server.givenPool()
      for (const wrong of [
        { CloudWatchLogsConfiguration: { LogGroupArn: 'arn:aws:s3:eu-west-1:123456789012:log-group:users' } },
        { CloudWatchLogsConfiguration: { LogGroupArn: 'arn:aws:logs:evil.example/:123456789012:log-group:users' } },
        { S3Configuration: { BucketArn: 'arn:aws:logs:::bucket' } },
        { FirehoseConfiguration: { StreamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/users' } },
      ]) {
        await assert.rejects(deliverLogs(server, poolId, { ...activity, ...wrong }), { name: 'InvalidParameterException' })
      }
    })
  })
}
