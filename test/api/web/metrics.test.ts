import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  CreateUserPoolCommand,
  InitiateAuthCommand,
  ListUserPoolsCommand,
  SignUpCommand,
  StopUserImportJobCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { csv, emailPool, givenUploadedJob, startJob, waitForJobEnd } from '../../support/imports.ts'
import { readMetrics } from '../../support/metrics.ts'
import { startProductionServer } from '../../support/production-server.ts'
import { rawCall, rawRequest } from '../../support/raw-call.ts'
import { givenUser, goodPassword, signInByPassword, signInBySrp } from '../../support/sign-in.ts'
import { startTestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

for (const engine of engines) {
  describe(`The metrics on ${engine.name}`, () => {
    it('count the steps of sign-ins and the attempts of locked users', async () => {
      await using server = await startTestServer(engine)
      const { poolId, clientId } = await server.givenPool()
      await givenUser(server, poolId, 'ana')
      await signInBySrp(server, { poolId, clientId }, 'ana')
      const { AuthenticationResult } = await signInByPassword(server, clientId, 'ana')
      await server.send(
        new InitiateAuthCommand({
          ClientId: clientId,
          AuthFlow: 'REFRESH_TOKEN_AUTH',
          AuthParameters: { REFRESH_TOKEN: AuthenticationResult?.RefreshToken ?? '' },
        }),
      )
      for (let round = 0; round < 5; round++) {
        await assert.rejects(signInByPassword(server, clientId, 'ana', 'Wrong-horse-7'), { message: 'Incorrect username or password.' })
      }
      for (let round = 0; round < 2; round++) {
        await assert.rejects(signInByPassword(server, clientId, 'ana'), { message: 'Password attempts exceeded' })
      }
      await assert.rejects(
        server.send(new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME: 'ana' } })),
        { name: 'InvalidParameterException' },
      )

      const metrics = await readMetrics(server.url)
      assert.deepEqual(metrics.valuesOf('lifeguard_sign_in_steps_total'), {
        'step=USER_SRP_AUTH outcome=challenge': 1,
        'step=PASSWORD_VERIFIER outcome=signed-in': 1,
        'step=USER_PASSWORD_AUTH outcome=signed-in': 1,
        'step=REFRESH_TOKEN_AUTH outcome=signed-in': 1,
        'step=USER_PASSWORD_AUTH outcome=NotAuthorizedException': 7,
        'step=USER_AUTH outcome=InvalidParameterException': 1,
      })
      assert.deepEqual(metrics.valuesOf('lifeguard_locked_attempts_total'), { 'action=password': 2 })
      assert.deepEqual(Object.keys(metrics.valuesOf('lifeguard_queue_length')), [
        'queue=srp-fixed-base',
        'queue=srp-shared-secret',
        'queue=imported-hashes',
        'queue=argon2',
      ])
      for (const secret of [poolId, clientId, 'ana', '127.0.0.1']) assert.equal(metrics.text.includes(secret), false, secret)
    })

    it('count messages that were sent', async () => {
      await using server = await startTestServer(engine)
      const { clientId } = await server.givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      const UserAttributes = [{ Name: 'email', Value: 'ana@example.test' }]
      await server.send(new SignUpCommand({ ClientId: clientId, Username: 'ana', Password: goodPassword, UserAttributes }))
      assert.equal((await server.inbox('ana@example.test')).length, 1)

      const metrics = await readMetrics(server.url)
      assert.deepEqual(metrics.valuesOf('lifeguard_messages_started_total'), { 'channel=email': 1 })
      assert.deepEqual(metrics.valuesOf('lifeguard_message_attempts_total'), { 'channel=email gateway=inbox outcome=sent': 1 })
      assert.deepEqual(metrics.valuesOf('lifeguard_messages_waiting'), { 'channel=email': 0, 'channel=sms': 0 })
      assert.deepEqual(metrics.valuesOf('lifeguard_messages_oldest_age_seconds'), { 'channel=email': 0, 'channel=sms': 0 })
    })

    it('show messages that wait, and the age of the oldest', async () => {
      await using server = await startProductionServer(engine, { flags: ['--metrics-token', 'scrape'] })
      const owner = server.client(await server.createKey())
      const { UserPool } = await owner.send(new CreateUserPoolCommand({ PoolName: 'without a gateway' }))
      const invite = (Username: string) =>
        owner.send(
          new AdminCreateUserCommand({
            UserPoolId: UserPool?.Id,
            Username,
            UserAttributes: [{ Name: 'email', Value: `${Username}@example.test` }],
            DesiredDeliveryMediums: ['EMAIL'],
          }),
        )
      await invite('ana')
      server.clock.advance(90_000)
      await invite('ben')
      server.clock.advance(30_000)

      // The server caches the numbers of waiting messages for five seconds. An earlier read would have cached older numbers, so this is the
      // first read.
      const metrics = await readMetrics(server.url, 'scrape')
      assert.deepEqual(metrics.valuesOf('lifeguard_messages_waiting'), { 'channel=email': 2, 'channel=sms': 0 })
      assert.deepEqual(metrics.valuesOf('lifeguard_messages_oldest_age_seconds'), { 'channel=email': 120, 'channel=sms': 0 })
      const postponed = await until(
        'both messages were tried',
        async () => (await readMetrics(server.url, 'scrape')).valuesOf('lifeguard_message_attempts_total'),
        (attempts) => (attempts['channel=email gateway=none outcome=postponed'] ?? 0) >= 2,
      )
      assert.deepEqual(Object.keys(postponed), ['channel=email gateway=none outcome=postponed'])
    })

    it('count throttled requests by their category', async () => {
      await using server = await startProductionServer(engine, { flags: ['--metrics-token', 'scrape', '--rate-limits', '1'] })
      const owner = server.client(await server.createKey())
      const list = () => owner.send(new ListUserPoolsCommand({ MaxResults: 1 }))
      for (let at = 0; at < 15; at++) await list()
      for (let at = 0; at < 3; at++) await assert.rejects(list(), { name: 'TooManyRequestsException' })
      const metrics = await readMetrics(server.url, 'scrape')
      assert.deepEqual(metrics.valuesOf('lifeguard_requests_throttled_total'), { 'category=UserPoolRead': 3 })
    })

    it('never take a label from a request', async () => {
      await using server = await startTestServer(engine)
      const { poolId, clientId } = await server.givenPool()
      const made = 'MADE_UP'
      await rawCall(server, 'InitiateAuth', { ClientId: clientId, AuthFlow: made, AuthParameters: { USERNAME: made } })
      await rawCall(server, 'RespondToAuthChallenge', { ClientId: clientId, ChallengeName: made, Session: made.repeat(4) })
      await rawCall(server, made, { UserPoolId: poolId })
      await rawRequest(server, { method: 'GET' }, `/${made}`)
      const { text } = await readMetrics(server.url)
      assert.match(text, /^lifeguard_requests_total\{operation="RespondToAuthChallenge",outcome="InvalidParameterException"\} 1$/m)
      assert.doesNotMatch(text, /made_up/i)
    })

    it('show that an import job runs', async () => {
      await using server = await startTestServer(engine)
      const { poolId } = await server.givenPool(emailPool)
      const running = async () => (await readMetrics(server.url)).valuesOf('lifeguard_import_jobs_running')['']
      assert.equal(await running(), 0)
      // So many rows that the job still runs when it is stopped.
      const rows = Array.from({ length: 20_000 }, (_, at) => `user-${at},user-${at}@example.test,true`)
      const key = await givenUploadedJob(server, poolId, csv('cognito:username,email,email_verified', ...rows))
      await startJob(server, key)
      await until('the job runs', running, (jobs) => jobs === 1)
      await server.send(new StopUserImportJobCommand(key))
      await waitForJobEnd(server, key)
      await until('no job runs', running, (jobs) => jobs === 0)
    })

    it('show the database, its connections, and the time of its statements', async () => {
      await using server = await startTestServer(engine)
      const before = await readMetrics(server.url)
      await server.givenPool()
      const metrics = await readMetrics(server.url)
      assert.deepEqual(metrics.valuesOf('lifeguard_database_up'), { '': 1 })
      for (const kind of ['kind=statement', 'kind=commit']) {
        const [earlier = 0, later = 0] = [before, metrics].map(
          (read) => read.valuesOf('lifeguard_database_statement_duration_seconds_count')[kind],
        )
        assert.ok(later > earlier, `${kind}: ${earlier}, then ${later}`)
      }
      const connections = metrics.valuesOf('lifeguard_database_connections')
      const waiters = metrics.valuesOf('lifeguard_database_connection_waiters')
      if (engine.name === 'sqlite') assert.deepEqual({ ...connections, ...waiters }, {})
      else {
        assert.deepEqual(Object.keys(connections), ['state=in-use', 'state=idle'])
        assert.ok(Object.values(connections).reduce((sum, count) => sum + count, 0) > 0)
        assert.deepEqual(waiters, { '': 0 })
      }
    })
  })
}
