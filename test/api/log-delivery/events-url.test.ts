import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import {
  AdminInitiateAuthCommand,
  AdminUpdateAuthEventFeedbackCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { LifeguardProcess } from '../../cli/lifeguard-process.ts'
import { startPeer } from '../../faults/http-peer.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { failSignIn, givenWatchedPool, sendEventsTo } from '../../support/log-delivery.ts'
import { readMetrics } from '../../support/metrics.ts'
import { givenUser } from '../../support/sign-in.ts'
import { sdkClient, startTestServer, type TestServer } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'

const secret = Buffer.alloc(32, 5)

type Line = { readonly message: Readonly<Record<string, string>> }

const parse = (body: string): readonly Line[] =>
  body
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
const attempts = async (server: Pick<TestServer, 'url'>, outcome: string) =>
  (await readMetrics(server.url)).valuesOf('lifeguard_log_delivery_attempts_total')[`destination=url outcome=${outcome}`] ?? 0

for (const engine of engines) {
  describe(`Events of users for the pool’s EventsUrl on ${engine.name}`, () => {
    it('are posted as signed lines, and again with the same id until the endpoint takes them', async () => {
      await using peer = await startPeer({ status: 503 }, { status: 204 })
      const flags = ['--auth-events-secret', `whsec_${secret.toString('base64')}`, '--log-level', 'silent']
      await using server = await startTestServer(engine, { flags })
      const { poolId, clientId } = await givenWatchedPool(server)
      await sendEventsTo(server, poolId, `${peer.url}/events`)
      await failSignIn(server, clientId)
      const [refused, accepted] = await until(
        'two requests',
        async () => {
          server.clock.advance(10_000)
          return peer.requests
        },
        ({ length }) => length >= 2,
      )
      assert.ok(refused && accepted)
      assert.equal(accepted.path, '/events')
      assert.equal(refused.body, accepted.body)
      assert.equal(refused.headers['webhook-id'], accepted.headers['webhook-id'])
      assert.equal(accepted.headers['content-type'], 'application/x-ndjson')
      const signed = `${accepted.headers['webhook-id']}.${accepted.headers['webhook-timestamp']}.${accepted.body}`
      assert.equal(accepted.headers['webhook-signature'], `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`)
      const [line, ...others] = parse(accepted.body)
      assert.deepEqual([line?.message['userName'], line?.message['eventResponse'], others.length], ['ana', 'Fail', 0])
      assert.equal(await until('the success is counted', () => attempts(server, 'delivered')), 1)
      assert.equal(peer.requests.length, 2)
    })

    it('come again with the feedback that an event got', async () => {
      await using peer = await startPeer({ status: 204 })
      await using server = await startTestServer(engine)
      const { poolId, clientId } = await givenWatchedPool(server)
      await sendEventsTo(server, poolId, peer.url)
      await failSignIn(server, clientId)
      const [event] = await eventsOf(server, poolId)
      await server.send(
        new AdminUpdateAuthEventFeedbackCommand({ UserPoolId: poolId, Username: 'ana', EventId: event?.EventId, FeedbackValue: 'Invalid' }),
      )
      const lines = await until(
        'two records',
        async () => peer.requests.flatMap(({ body }) => parse(body)),
        ({ length }) => length >= 2,
      )
      const [first, second] = lines.map(({ message }) => message)
      const { eventFeedbackValue, eventFeedbackDate, eventFeedbackProvider, ...rest } = second ?? {}
      assert.deepEqual({ ...rest, eventFeedbackValue: '', eventFeedbackDate: '', eventFeedbackProvider: '' }, first)
      assert.deepEqual([eventFeedbackValue, eventFeedbackProvider], ['Invalid', 'Admin'])
      assert.equal(Date.parse(eventFeedbackDate ?? ''), Math.floor(server.clock.now() / 1000) * 1000)
    })

    it('name nothing for a user who does not exist, and each step of a sign-in for one who does', async () => {
      await using peer = await startPeer({ status: 204 })
      await using server = await startTestServer(engine)
      const { poolId, clientId } = await givenWatchedPool(server)
      await sendEventsTo(server, poolId, peer.url)
      await failSignIn(server, clientId, 'nobody')
      await failSignIn(server, clientId, 'ana')
      const ContextData = {
        IpAddress: '2001:db8::1',
        ServerName: 'shop',
        ServerPath: '/',
        HttpHeaders: [{ headerName: 'User-Agent', headerValue: 'Mozilla/5.0 (Windows NT 10.0) Chrome/126.0.0.0 Safari/537.36' }],
      }
      const AuthParameters = { USERNAME: 'ana', PASSWORD: 'Correct-horse-7' }
      const AuthFlow = 'ADMIN_USER_PASSWORD_AUTH'
      await server.send(new AdminInitiateAuthCommand({ UserPoolId: poolId, ClientId: clientId, AuthFlow, AuthParameters, ContextData }))
      const lines = await until(
        'two records',
        async () => peer.requests.flatMap(({ body }) => parse(body)),
        ({ length }) => length >= 2,
      )
      assert.deepEqual(
        lines.map(({ message }) => [message['userName'], message['eventResponse'], message['ipAddress']]),
        [
          ['ana', 'Fail', '127.0.0.1'],
          ['ana', 'Pass', '2001:db8::1'],
        ],
      )
      assert.match(lines[1]?.message['deviceName'] ?? '', /^Chrome 126, Windows/)
    })

    for (const url of ['http://10.0.0.1/events', 'http://169.254.169.254/latest/meta-data', 'http://[fd00::1]/']) {
      it(`are not sent to ${url}, an address that is not public`, async () => {
        const { lines, logger } = recordingLogger('info')
        await using server = await startTestServer(engine, { logger })
        const { poolId, clientId } = await givenWatchedPool(server)
        await sendEventsTo(server, poolId, url)
        await failSignIn(server, clientId)
        await until('a failure', () => attempts(server, 'failed'))
        const line = lines.find((one) => one.includes('Log records could not be delivered')) ?? '{}'
        assert.equal(JSON.parse(line).reason, 'an address that is not on the public Internet')
        assert.doesNotMatch(line, /ana|127\.0\.0\.1/)
      })
    }

    it('go to two pools apart, of which one hangs', async () => {
      await using hanging = await startPeer('hang')
      await using peer = await startPeer({ status: 204 })
      await using server = await startTestServer(engine, { flags: ['--log-level', 'silent'] })
      const slow = await givenWatchedPool(server)
      const quick = await givenWatchedPool(server)
      await sendEventsTo(server, slow.poolId, hanging.url)
      await sendEventsTo(server, quick.poolId, peer.url)
      await failSignIn(server, slow.clientId)
      await until('a request that hangs', async () => hanging.requests.length)
      await failSignIn(server, quick.clientId)
      await until('a delivery', async () => peer.requests.length)
      assert.equal(hanging.requests.length, 1)
      assert.deepEqual(
        peer.requests.flatMap(({ body }) => parse(body)).map(({ message }) => message['userPoolId']),
        [quick.poolId],
      )
    })

    it('are delivered again after the server was killed before it knew that they had arrived', async () => {
      await using peer = await startPeer('hang', { status: 204 })
      const database = await engine.createDatabase()
      try {
        const run = () => new LifeguardProcess(['dev', '--port', '0', '--log-level', 'silent', '--database', database.url])
        const first = run()
        const url = await first.url()
        const client = sdkClient(url, 'us-east-1')
        const server = { url, send: client.send.bind(client) } as TestServer
        const { poolId, clientId } = await given(server)
        await sendEventsTo(server, poolId, peer.url)
        await failSignIn(server, clientId)
        await until('a request', async () => peer.requests.length)
        first.child.kill('SIGKILL')
        await first.ended
        client.destroy()
        await using _second = run()
        await until('another request', async () => peer.requests.length > 1)
        const [one, other] = peer.requests
        assert.deepEqual([other?.headers['webhook-id'], other?.body], [one?.headers['webhook-id'], one?.body])
        assert.equal(peer.requests.length, 2)
      } finally {
        await database.drop()
      }
    })
  })

  describe(`Events of users for --auth-events-file on ${engine.name}`, () => {
    it('are appended for all pools with threat protection, in a file that only its owner can read', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'lifeguard-events-'))
      const file = join(folder, 'events.jsonl')
      try {
        await using server = await startTestServer(engine, { flags: ['--auth-events-file', file] })
        const [one, other] = [await givenWatchedPool(server), await givenWatchedPool(server)]
        const unwatched = await server.givenPool()
        await givenUser(server, unwatched.poolId, 'ana')
        await Promise.all([one, other, unwatched, one].map(({ clientId }) => failSignIn(server, clientId)))
        const lines = await until(
          'three lines',
          async () => parse(readFileSync(file, 'utf8')),
          ({ length }) => length >= 3,
        )
        assert.deepEqual(lines.map(({ message }) => message['userPoolId']).toSorted(), [one.poolId, one.poolId, other.poolId].toSorted())
        assert.equal(statSync(file).mode & 0o777, 0o600)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  })
}

/** A watched pool on a server of which only the URL is known. */
async function given(server: TestServer) {
  const add = { AdvancedSecurityMode: 'AUDIT' } as const
  const { UserPool } = await server.send(new CreateUserPoolCommand({ PoolName: 'killed', UserPoolAddOns: add }))
  const poolId = UserPool?.Id ?? ''
  const flows = ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const]
  const created = await server.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'app', ExplicitAuthFlows: flows }))
  await givenUser(server, poolId, 'ana')
  return { poolId, clientId: created.UserPoolClient?.ClientId ?? '' }
}
