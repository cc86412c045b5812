import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AssociateSoftwareTokenCommand,
  GetUserAuthFactorsCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  consumeSoftwareTokenStep,
  findSoftwareToken,
  putSoftwareToken,
  setPendingSecret,
} from '../../../src/users/mfa/software-token-repository.ts'
import { outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { appOf, challengeAfterPassword, givenMfaPool, prefer, registerApp, respond, setMfa } from '../../support/mfa.ts'
import { rawCall } from '../../support/raw-call.ts'
import { sentTo, wrongCode } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openMessagingSetup } from '../messaging/messaging-setup.ts'

const mismatch = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' }
const notFound = { name: 'SoftwareTokenMFANotFoundException' }
const notOffered = { name: 'SoftwareTokenMFANotFoundException', message: 'Software Token MFA has not been enabled by the userPool' }

for (const engine of engines) {
  describe(`The registration of an authenticator app with an access token on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna() {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['totp'])
      await givenUser(server(), ids.poolId, 'ana')
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      return { ...ids, accessToken }
    }

    async function associate(AccessToken: string) {
      const { SecretCode = '', Session } = await server().send(new AssociateSoftwareTokenCommand({ AccessToken }))
      assert.equal(Session, undefined)
      return appOf(server(), SecretCode)
    }

    const verify = (AccessToken: string, UserCode: string) => server().send(new VerifySoftwareTokenCommand({ AccessToken, UserCode }))
    const isRegistered = async (AccessToken: string) =>
      (await server().send(new GetUserAuthFactorsCommand({ AccessToken }))).ConfiguredUserAuthFactors?.includes('SOFTWARE_TOKEN')

    it('accepts a correct code of the newest secret; sign-ins ask for the app once it is activated', async () => {
      const { accessToken, ...ids } = await givenAna()
      await assert.rejects(verify(accessToken, '123456'), notFound)
      const earlierApp = await associate(accessToken)
      const app = await associate(accessToken)
      await assert.rejects(verify(accessToken, earlierApp.code()), mismatch)
      await assert.rejects(verify(accessToken, wrongCode(app.code())), mismatch)
      assert.equal(await isRegistered(accessToken), false)
      const { Status, Session } = await verify(accessToken, app.code())
      assert.deepEqual([Status, Session], ['SUCCESS', undefined])
      assert.equal(await isRegistered(accessToken), true)
      await assert.rejects(verify(accessToken, app.code()), notFound)
      assert.ok((await challengeAfterPassword(server(), ids.clientId, 'ana')).tokens)
      await prefer(server(), ids.poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      assert.equal((await challengeAfterPassword(server(), ids.clientId, 'ana')).name, 'SOFTWARE_TOKEN_MFA')
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('replaces the registered app only when the new secret is verified', async () => {
      const { accessToken, ...ids } = await givenAna()
      const oldApp = await registerApp(server(), accessToken, 'Old phone')
      await prefer(server(), ids.poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      const signIn = async (code: string) => {
        const { session, parameters } = await challengeAfterPassword(server(), ids.clientId, 'ana')
        const answer = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: code }
        await respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', session, answer)
        return parameters['FRIENDLY_DEVICE_NAME']
      }
      const newApp = await associate(accessToken)
      assert.equal(await signIn(oldApp.code()), 'Old phone')
      await assert.rejects(verify(accessToken, wrongCode(newApp.code())), mismatch)
      server().clock.advance(30_000)
      assert.equal(await signIn(oldApp.code()), 'Old phone')
      await verify(accessToken, newApp.code())
      server().clock.advance(30_000)
      await assert.rejects(signIn(oldApp.code()), { name: 'CodeMismatchException' })
      assert.equal(await signIn(newApp.code()), undefined)
    })

    it('gives concurrent requests a secret or ConcurrentModificationException; accepts only one of many simultaneous codes', async () => {
      const { accessToken } = await givenAna()
      const results = await outcomes(Array.from({ length: 6 }, () => associate(accessToken)))
      const allowed = ['ConcurrentModificationException', 'ok']
      assert.ok(results.includes('ok') && results.every((result) => allowed.includes(result)), results.join())
      const app = await associate(accessToken)
      const verified = await outcomes(Array.from({ length: 4 }, () => verify(accessToken, app.code())))
      assert.equal(verified.filter((result) => result === 'ok').length, 1, verified.join())
    })

    it('is limited to fifteen attempts in an hour', async () => {
      const { accessToken } = await givenAna()
      const app = await associate(accessToken)
      for (let count = 0; count < 15; count++) await assert.rejects(verify(accessToken, wrongCode(app.code())), mismatch)
      await assert.rejects(verify(accessToken, app.code()), { name: 'TooManyRequestsException' })
      server().clock.advance(3_600_000 - 60_000)
      await assert.rejects(verify(accessToken, app.code()), { name: 'TooManyRequestsException' })
    })

    it('is rejected in a pool that does not offer authenticator apps', async () => {
      const { accessToken, poolId } = await givenAna()
      const app = await associate(accessToken)
      await setMfa(server(), poolId, 'OFF')
      await assert.rejects(associate(accessToken), notOffered)
      await assert.rejects(verify(accessToken, app.code()), notOffered)
    })

    it('requires either an access token or a Session, and refuses both together', async () => {
      const { accessToken: AccessToken } = await givenAna()
      const Session = 'AYABe'.padEnd(40, 'x')
      for (const operation of ['AssociateSoftwareToken', 'VerifySoftwareToken']) {
        for (const proofs of [{}, { AccessToken, Session }]) {
          const { body } = await rawCall(server(), operation, { UserCode: '123456', ...proofs })
          assert.equal(body['__type'], 'InvalidParameterException', operation)
        }
        const { body } = await rawCall(server(), operation, { UserCode: '123456', AccessToken: `${AccessToken}x` })
        assert.equal(body['__type'], 'NotAuthorizedException', operation)
      }
    })
  })

  describe(`The software token repository on ${engine.name}`, () => {
    it('finds a token by its own pool and user only, and consumes each time step once', async () => {
      await using setup = await openMessagingSetup(engine)
      const user = { poolId: 'us-east-1_Pool00001', sub: 'ana' }
      const others = [
        { ...user, poolId: 'us-east-1_Pool00002' },
        { ...user, sub: 'ben' },
      ]
      const put = { secret: 'sealed', deviceName: 'phone', step: 10, now: 1 }
      const use = (key: typeof user, secret: string, step: number) => consumeSoftwareTokenStep(setup.db, key, { secret, step })
      await setup.commit(async (tx) => {
        assert.equal(await setPendingSecret(tx, user, { pending: 'first', replaced: null, now: 1 }), true)
        assert.equal(await setPendingSecret(tx, user, { pending: 'late', replaced: null, now: 1 }), false)
        assert.equal(await setPendingSecret(tx, user, { pending: 'second', replaced: 'first', now: 1 }), true)
        assert.equal((await findSoftwareToken(tx, user))?.pendingSecret, 'second')
        await putSoftwareToken(tx, user, put)
      })
      for (const other of others) {
        assert.equal(await findSoftwareToken(setup.db, other), undefined)
        assert.equal(await use(other, 'sealed', 11), false)
      }
      assert.deepEqual(await findSoftwareToken(setup.db, user), { secret: 'sealed', pendingSecret: null, deviceName: 'phone' })
      assert.deepEqual([await use(user, 'sealed', 10), await use(user, 'replaced', 11)], [false, false])
      assert.deepEqual([await use(user, 'sealed', 11), await use(user, 'sealed', 11), await use(user, 'sealed', 10)], [true, false, false])
    })
  })
}
