import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { SetRiskConfigurationCommand } from '@aws-sdk/client-cognito-identity-provider'
import { eventsOf } from '../../support/auth-events.ts'
import { windowsChrome } from '../../support/encoded-data.ts'
import { engines } from '../../support/engines.ts'
import { callback, encode } from '../../support/oauth.ts'
import { rawCall } from '../../support/raw-call.ts'
import {
  blocked,
  givenKinds,
  refusedAddress,
  riskPool,
  setRisk,
  setThresholds,
  signInFrom,
  takeover,
} from '../../support/risky-sign-ins.ts'
import { type PoolAndClient, sentTo } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { csrfTokenIn, formActionIn, TestBrowser } from '../../support/test-browser.ts'
import { startTestServer, type TestServer, useTestServer } from '../../support/test-server.ts'

const flags = ['--trust-proxy', '1']
const bad = '192.0.2.66'
const exceptions = (BlockedIPRangeList: string[] | undefined, SkippedIPRangeList?: string[]) => ({
  RiskExceptionConfiguration: { BlockedIPRangeList, SkippedIPRangeList },
})

/** Calls a public operation from the address. The result is `ok`, or the error. */
async function callFrom(server: Pick<TestServer, 'url'>, ip: string, operation: string, body: object): Promise<unknown> {
  const { status, body: answer } = await rawCall(server, operation, body, { 'x-forwarded-for': ip })
  return status === 200 ? 'ok' : { name: answer['__type'], message: answer['message'] }
}

const passwordOf = (ClientId: string, USERNAME: string) => ({
  ClientId,
  AuthFlow: 'USER_PASSWORD_AUTH',
  AuthParameters: { USERNAME, PASSWORD: goodPassword },
})

const signInAt = (server: Pick<TestServer, 'url'>, { clientId }: PoolAndClient, ip: string, username = 'ana') =>
  callFrom(server, ip, 'InitiateAuth', passwordOf(clientId, username))

for (const engine of engines) {
  describe(`Blocked and skipped addresses on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags })

    async function givenAna(options: Parameters<typeof riskPool>[0] = {}): Promise<PoolAndClient> {
      const ids = await server().givenPool(riskPool(options))
      await givenUser(server(), ids.poolId, 'ana')
      return ids
    }

    for (const [range, inside, outside] of [
      ['192.0.2.0/24', ['192.0.2.0', '192.0.2.255', '::ffff:192.0.2.9', '::ffff:c000:209'], ['192.0.3.0', '192.0.1.255', '2001:db8::1']],
      ['192.0.2.7/32', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8']],
      ['2001:db8::/32', ['2001:db8::1', '2001:0db8:ffff:ffff:ffff:ffff:ffff:ffff'], ['2001:db9::1', '192.0.2.7', '::1']],
      ['2001:db8::7/128', ['2001:db8::7', '2001:db8:0:0:0:0:0:7'], ['2001:db8::8']],
      ['::ffff:192.0.2.0/120', ['192.0.2.9', '::ffff:192.0.2.9'], ['192.0.3.9']],
      ['0.0.0.0/0', ['192.0.2.7', '255.255.255.255'], ['2001:db8::1']],
      ['::/0', ['2001:db8::1'], ['192.0.2.7', '::ffff:192.0.2.7']],
    ] as const) {
      it(`${range} has ${inside.join(', ')} inside, and not ${outside.join(', ')}`, async () => {
        const ana = await givenAna()
        await setRisk(server(), ana.poolId, exceptions([range]))
        for (const ip of inside) assert.deepEqual(await signInAt(server(), ana, ip), refusedAddress, ip)
        for (const ip of outside) assert.equal(await signInAt(server(), ana, ip), 'ok', ip)
      })
    }

    it('are refused in each step: sign-up, sign-in, answers, the pages, and for servers that name the address of the user', async () => {
      const ana = await givenAna()
      await givenKinds(server(), ana, 'ON')
      await setRisk(server(), ana.poolId, exceptions(['192.0.2.0/24']))
      const { clientId: ClientId } = ana
      const newcomer = { ClientId, Username: 'newcomer', Password: goodPassword }
      assert.deepEqual(await callFrom(server(), bad, 'SignUp', newcomer), refusedAddress)
      for (const AuthFlow of ['USER_SRP_AUTH', 'CUSTOM_AUTH', 'USER_AUTH']) {
        const AuthParameters = { USERNAME: 'ana', SRP_A: 'AB', PREFERRED_CHALLENGE: 'PASSWORD' }
        assert.deepEqual(await callFrom(server(), bad, 'InitiateAuth', { ClientId, AuthFlow, AuthParameters }), refusedAddress, AuthFlow)
      }
      await assert.rejects(signInFrom(server(), ana, 'ana', { ip: bad, userAgent: windowsChrome }), refusedAddress)
      await assert.rejects(signInFrom(server(), ana, 'ana', { ip: `::ffff:${bad}`, userAgent: windowsChrome }), refusedAddress)

      const asked = await rawCall(server(), 'InitiateAuth', passwordOf(ClientId, 'with-registered-app'))
      assert.equal(asked.body['ChallengeName'], 'SOFTWARE_TOKEN_MFA')
      const ChallengeResponses = { USERNAME: 'with-registered-app', SOFTWARE_TOKEN_MFA_CODE: '000000' }
      const answer = { ClientId, ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: asked.body['Session'], ChallengeResponses }
      assert.deepEqual(await callFrom(server(), bad, 'RespondToAuthChallenge', answer), refusedAddress)
      const elsewhere = await callFrom(server(), '198.51.100.1', 'RespondToAuthChallenge', answer)
      assert.equal((elsewhere as Error).name, 'CodeMismatchException')

      const browser = new TestBrowser(server())
      const query = encode({ client_id: ClientId, redirect_uri: callback, response_type: 'code' })
      const page = await browser.visit(`/login?${query}`)
      const form = { _csrf: csrfTokenIn(page), username: 'ana', password: goodPassword }
      const refused = await browser.submit(formActionIn(page), form, { 'x-forwarded-for': bad })
      assert.equal(refused.status, 400)
      assert.match(refused.text, /role="alert">This sign-in was blocked for security reasons\./)
      assert.equal((await browser.submit(formActionIn(page), form, { 'x-forwarded-for': '198.51.100.1' })).status, 302)
    })

    it('learn nothing of the users: the refusal is the same for all, and leaves no event, mail or failed attempt', async () => {
      const ana = await givenAna({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      await setRisk(server(), ana.poolId, exceptions(['192.0.2.0/24']))
      for (let count = 0; count < 8; count++) {
        for (const [username, PASSWORD] of [
          ['ana', goodPassword],
          ['ana', 'Wrong-horse-7'],
          ['nobody', goodPassword],
        ] as const) {
          const request = { ...passwordOf(ana.clientId, username), AuthParameters: { USERNAME: username, PASSWORD } }
          assert.deepEqual(await callFrom(server(), bad, 'InitiateAuth', request), refusedAddress)
        }
      }
      assert.deepEqual(await eventsOf(server(), ana.poolId), [])
      assert.deepEqual(await sentTo(server(), ana.poolId), [])
      assert.equal(await signInAt(server(), ana, '198.51.100.1'), 'ok')
    })

    it('are not refused in mode AUDIT or OFF', async () => {
      for (const mode of ['AUDIT', 'OFF'] as const) {
        const ana = await givenAna({ mode })
        if (mode === 'AUDIT') await setRisk(server(), ana.poolId, exceptions(['192.0.2.0/24']))
        assert.equal(await signInAt(server(), ana, bad), 'ok')
      }
    })

    it('are not assessed if they are skipped, and blocked wins over skipped', async () => {
      const ana = await givenAna()
      assert.equal(await signInAt(server(), ana, bad), 'ok')
      await setThresholds(server(), ana.poolId, 'High')
      const action = takeover({ High: 'BLOCK' })
      await setRisk(server(), ana.poolId, { ...action, ...exceptions(undefined, ['192.0.2.0/24']) })
      assert.equal(await signInAt(server(), ana, bad), 'ok')
      assert.equal((await eventsOf(server(), ana.poolId))[0]?.EventRisk?.RiskDecision, 'NoRisk')
      assert.deepEqual(await signInAt(server(), ana, '198.51.100.1'), blocked)
      await setRisk(server(), ana.poolId, { ...action, ...exceptions(['192.0.2.64/28'], ['192.0.2.0/24']) })
      assert.deepEqual(await signInAt(server(), ana, bad), refusedAddress)
      assert.equal(await signInAt(server(), ana, '192.0.2.1'), 'ok')
    })

    it("are those of the client's own configuration, which replaces the pool's as a whole, until the client inherits again", async () => {
      const ana = await givenAna()
      const { clientId: ClientId } = ana
      await setRisk(server(), ana.poolId, exceptions(['192.0.2.0/24']))
      assert.deepEqual(await signInAt(server(), ana, bad), refusedAddress)
      await setRisk(server(), ana.poolId, { ClientId, ...takeover({ High: 'NO_ACTION' }) })
      assert.equal(await signInAt(server(), ana, bad), 'ok')
      await setRisk(server(), ana.poolId, { ClientId, ...exceptions(['198.51.100.0/24']) })
      assert.deepEqual(await signInAt(server(), ana, '198.51.100.1'), refusedAddress)
      await setRisk(server(), ana.poolId, { ClientId })
      assert.equal(await signInAt(server(), ana, '198.51.100.1'), 'ok')
      assert.deepEqual(await signInAt(server(), ana, bad), refusedAddress)
      await setRisk(server(), ana.poolId, {})
      assert.equal(await signInAt(server(), ana, bad), 'ok')
    })

    it('take effect at once in another process on the same database', async () => {
      const database = await engine.createDatabase()
      const folder = mkdtempSync(join(tmpdir(), 'lifeguard-ranges-'))
      const shared = [...flags, '--database', database.url, '--data', folder, '--public-url', 'http://localhost:1']
      {
        await using first = await startTestServer(engine, { flags: shared })
        await using second = await startTestServer(engine, { flags: shared })
        const ids = await first.givenPool(riskPool())
        await givenUser(first, ids.poolId, 'ana')
        for (const list of [['192.0.2.0/24'], ['198.51.100.0/24'], ['192.0.2.66/32']]) {
          const command = new SetRiskConfigurationCommand({ UserPoolId: ids.poolId, ...exceptions(list) })
          assert.ok((await first.send(command)).RiskConfiguration)
          const isBlocked = list[0]?.startsWith('192')
          const expected = isBlocked ? refusedAddress : 'ok'
          assert.deepEqual(await signInAt(first, ids, bad), expected)
          // The clocks of the tests stand still, so no cache ends by itself. Only the notification of the change is waited for.
          const deadline = performance.now() + 20_000
          while (!isDeepStrictEqual(await signInAt(second, ids, bad), expected)) assert.ok(performance.now() < deadline)
        }
      }
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    })
  })
}
