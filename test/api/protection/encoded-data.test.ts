import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminInitiateAuthCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  InitiateAuthCommand,
  ResendConfirmationCodeCommand,
  RespondToAuthChallengeCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { eventsOf } from '../../support/auth-events.ts'
import { deviceData, type EncodedDataParts, encodeData } from '../../support/encoded-data.ts'
import { engines } from '../../support/engines.ts'
import { codeSentTo, givenConfirmedUser } from '../../support/self-service.ts'
import { givenUser, goodPassword, srpResponses, startSrp } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const withThreatProtection = { pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } } as const
const fromDevice = { DeviceName: 'Chrome 126, Windows 10', Timezone: '-07:00' }

/** Signs in with the EncodedData, which must never be an error. The result is what the event shows of the device. */
async function signInWith(server: TestServer, { poolId, clientId }: { poolId: string; clientId: string }, EncodedData: string) {
  const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
  const request = { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters, UserContextData: { EncodedData } } as const
  const { AuthenticationResult } = await server.send(new InitiateAuthCommand(request))
  assert.ok(AuthenticationResult?.AccessToken)
  return (await eventsOf(server, poolId))[0]?.EventContextData
}

for (const engine of engines) {
  describe(`EncodedData on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna() {
      const ids = await server().givenPool(withThreatProtection)
      await givenUser(server(), ids.poolId, 'ana')
      return { ...ids, now: server().clock.now() }
    }

    it('says which device and time zone a sign-in comes from, in place of the User-Agent of the request', async () => {
      const ana = await givenAna()
      const shown = await signInWith(server(), ana, encodeData(ana))
      assert.deepEqual({ DeviceName: shown?.DeviceName, Timezone: shown?.Timezone }, fromDevice)
    })

    it('counts with the versions of Android and iOS, and with a name that differs in case', async () => {
      const ana = await givenAna()
      for (const more of [{ version: 'ANDROID20171114' }, { version: 'IOS20171114' }, { username: 'Ana ' }, { username: '' }]) {
        assert.equal((await signInWith(server(), ana, encodeData({ ...ana, ...more })))?.Timezone, '-07:00', JSON.stringify(more))
      }
    })

    it('is ignored when it is forged, changed, old, or made for another user, pool or client', async () => {
      const ana = await givenAna()
      const other = await server().givenPool()
      const day = 86_400_000
      const changed = JSON.stringify({ contextData: deviceData, username: 'ana', userPoolId: ana.poolId, timestamp: String(ana.now + 1) })
      const forgeries: Record<string, Partial<EncodedDataParts>> = {
        'signed with the id of another client': { clientId: other.clientId },
        'with a changed payload': { replacedPayload: changed },
        'for another user': { username: 'bob' },
        'for another pool': { poolId: other.poolId },
        'of an unknown version': { version: 'JS20991231' },
        'older than a day': { now: ana.now - day - 1000 },
        'from the future': { now: ana.now + day + 60_000 },
        'without a time': { payload: JSON.stringify({ contextData: deviceData, username: 'ana', userPoolId: ana.poolId }) },
      }
      for (const [name, change] of Object.entries(forgeries)) {
        const shown = await signInWith(server(), ana, encodeData({ ...ana, ...change }))
        assert.equal(shown?.Timezone, undefined, name)
        assert.match(shown?.DeviceName ?? '', /^AWS SDK/, name)
      }
    })

    it('is ignored when it cannot be read, however it is broken', async () => {
      const ana = await givenAna()
      const base64 = (text: string) => Buffer.from(text).toString('base64')
      const signed = (payload: string) => encodeData({ ...ana, payload })
      const broken = {
        'no base64': '%%%',
        'no JSON': base64('{"payload":'),
        'no object': base64('null'),
        'a list': base64('[]'),
        numbers: base64('{"payload":1,"signature":2,"version":3}'),
        'names of the prototype': base64('{"__proto__":{"payload":"{}","signature":"","version":"JS20171115"}}'),
        'deep JSON': base64('['.repeat(90_000)),
        'a deep payload': signed('['.repeat(45_000)),
        'a payload with deep context data': signed(`{"contextData":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
        'a payload that is a text': signed('"ana"'),
        'the longest data': 'A'.repeat(131_072),
      }
      for (const [name, encoded] of Object.entries(broken)) {
        assert.equal((await signInWith(server(), ana, encoded))?.Timezone, undefined, name)
      }
    })

    it('leaves out what is no time zone, no User-Agent or no device id', async () => {
      const ana = await givenAna()
      const rubbish = ['25:00', '-99:99', 'Europe/Berlin', '<script>', '08:00\n', '+8', '', 8, null, {}, ['08:00'], 'x'.repeat(10_000)]
      for (const ClientTimezone of rubbish) {
        const contextData = { ...deviceData, ClientTimezone, DeviceId: {}, UserAgent: 'x'.repeat(80_000) }
        const shown = await signInWith(server(), ana, encodeData({ ...ana, contextData }))
        assert.deepEqual([shown?.Timezone, shown?.DeviceName], [undefined, 'Other, Other'], String(ClientTimezone))
      }
      const prototype = JSON.parse('{"__proto__":{"ClientTimezone":"08:00"},"constructor":"08:00"}')
      assert.equal((await signInWith(server(), ana, encodeData({ ...ana, contextData: prototype })))?.Timezone, undefined)
    })

    it('may leave out the sign of a time zone east of Greenwich', async () => {
      const ana = await givenAna()
      for (const [sent, shown] of [
        ['08:00', '+08:00'],
        ['+05:30', '+05:30'],
        ['-00:00', '-00:00'],
      ]) {
        const encoded = encodeData({ ...ana, contextData: { ...deviceData, ClientTimezone: sent } })
        assert.equal((await signInWith(server(), ana, encoded))?.Timezone, shown)
      }
    })

    it('comes with SRP proofs, with AdminInitiateAuth, and with each step of sign-up and recovery', async () => {
      const pool = { ...withThreatProtection.pool, AutoVerifiedAttributes: ['email' as const] }
      const ids = await server().givenPool({ pool })
      const { poolId, clientId } = ids
      const UserContextData = { EncodedData: encodeData({ ...ids, now: server().clock.now() }) }
      const named = { ClientId: clientId, Username: 'ana', UserContextData }
      const attributes = [{ Name: 'email', Value: 'ana@example.test' }]
      await server().send(new SignUpCommand({ ...named, Password: goodPassword, UserAttributes: attributes }))
      await server().send(new ResendConfirmationCodeCommand(named))
      await givenConfirmedUser(server(), ids, 'bob', { email: 'bob@example.test' })
      const forBob = { EncodedData: encodeData({ ...ids, username: 'bob', now: server().clock.now() }) }
      await server().send(new ForgotPasswordCommand({ ...named, Username: 'bob', UserContextData: forBob }))
      const code = await codeSentTo(server(), poolId, 'bob@example.test')
      const reset = { ConfirmationCode: code, Password: 'Another-horse-8' }
      await server().send(new ConfirmForgotPasswordCommand({ ...named, Username: 'bob', UserContextData: forBob, ...reset }))

      const { a, challenge } = await startSrp(server(), clientId, 'bob')
      const responses = srpResponses(poolId, 'Another-horse-8', a, challenge)
      const sub = responses['USERNAME']
      const forSub = { EncodedData: encodeData({ ...ids, username: sub, now: server().clock.now() }) }
      const answer = { ClientId: clientId, ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses: responses } as const
      await server().send(new RespondToAuthChallengeCommand({ ...answer, UserContextData: forSub }))
      const ContextData = { IpAddress: '2003::1', ServerName: 'app', ServerPath: '/', HttpHeaders: [], ...forBob }
      const admin = { UserPoolId: poolId, ClientId: clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', ContextData } as const
      await server().send(new AdminInitiateAuthCommand({ ...admin, AuthParameters: { USERNAME: 'bob', PASSWORD: 'Another-horse-8' } }))

      const shown = [...(await eventsOf(server(), poolId)), ...(await eventsOf(server(), poolId, 'bob'))]
      const summary = shown.map(({ EventType, EventResponse, EventContextData: from }) => [EventType, EventResponse, from?.Timezone])
      assert.deepEqual(summary, [
        ['ResendCode', 'Pass', '-07:00'],
        ['SignUp', 'Pass', '-07:00'],
        ['SignIn', 'Pass', '-07:00'],
        ['SignIn', 'Pass', '-07:00'],
        ['ForgotPassword', 'Pass', '-07:00'],
        ['ForgotPassword', 'InProgress', '-07:00'],
        ['SignUp', 'Pass', undefined],
      ])
      assert.deepEqual(shown[2]?.EventContextData, { IpAddress: '2003::1', Country: 'Germany', ...fromDevice })
    })
  })
}
