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
import { openRoom } from '../messaging/messaging-setup.ts'

const mismatch = { name: 'EnableSoftwareTokenMFAException', message: 'Code mismatch' }
const nothing = { name: 'SoftwareTokenMFANotFoundException' }
const notOffered = { name: 'SoftwareTokenMFANotFoundException', message: 'Software Token MFA has not been enabled by the userPool' }

for (const engine of engines) {
  describe(`Registering an authenticator app with an access token on ${engine.name}`, () => {
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

    it('takes the right code of the newest secret; the app is asked for once it is activated', async () => {
      const { accessToken, ...ids } = await givenAna()
      await assert.rejects(verify(accessToken, '123456'), nothing)
      const former = await associate(accessToken)
      const app = await associate(accessToken)
      await assert.rejects(verify(accessToken, former.code()), mismatch)
      await assert.rejects(verify(accessToken, wrongCode(app.code())), mismatch)
      assert.equal(await isRegistered(accessToken), false)
      const { Status, Session } = await verify(accessToken, app.code())
      assert.deepEqual([Status, Session], ['SUCCESS', undefined])
      assert.equal(await isRegistered(accessToken), true)
      await assert.rejects(verify(accessToken, app.code()), nothing)
      assert.ok((await challengeAfterPassword(server(), ids.clientId, 'ana')).tokens)
      await prefer(server(), ids.poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      assert.equal((await challengeAfterPassword(server(), ids.clientId, 'ana')).name, 'SOFTWARE_TOKEN_MFA')
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('a new secret leaves the registered app alone until it is verified, and replaces it then', async () => {
      const { accessToken, ...ids } = await givenAna()
      const old = await registerApp(server(), accessToken, 'Old phone')
      await prefer(server(), ids.poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      const signIn = async (code: string) => {
        const { session, parameters } = await challengeAfterPassword(server(), ids.clientId, 'ana')
        const answer = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: code }
        await respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', session, answer)
        return parameters['FRIENDLY_DEVICE_NAME']
      }
      const fresh = await associate(accessToken)
      assert.equal(await signIn(old.code()), 'Old phone')
      await assert.rejects(verify(accessToken, wrongCode(fresh.code())), mismatch)
      server().clock.advance(30_000)
      assert.equal(await signIn(old.code()), 'Old phone')
      await verify(accessToken, fresh.code())
      server().clock.advance(30_000)
      await assert.rejects(signIn(old.code()), { name: 'CodeMismatchException' })
      assert.equal(await signIn(fresh.code()), undefined)
    })

    it('of requests at once one secret is the user’s, and the others are told', async () => {
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

    it('is not for pools that do not offer it', async () => {
      const { accessToken, poolId } = await givenAna()
      const app = await associate(accessToken)
      await setMfa(server(), poolId, 'OFF')
      await assert.rejects(associate(accessToken), notOffered)
      await assert.rejects(verify(accessToken, app.code()), notOffered)
    })

    it('wants a token or a Session, and not both', async () => {
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

  describe(`Software tokens in storage on ${engine.name}`, () => {
    it('are found by their own pool and user only, and used up step by step', async () => {
      await using room = await openRoom(engine)
      const owner = { poolId: 'us-east-1_Pool00001', sub: 'ana' }
      const others = [
        { ...owner, poolId: 'us-east-1_Pool00002' },
        { ...owner, sub: 'ben' },
      ]
      const put = { secret: 'sealed', deviceName: 'phone', step: 10, now: 1 }
      const use = (key: typeof owner, secret: string, step: number) => consumeSoftwareTokenStep(room.db, key, { secret, step })
      await room.commit(async (tx) => {
        assert.equal(await setPendingSecret(tx, owner, { pending: 'first', replaced: null, now: 1 }), true)
        assert.equal(await setPendingSecret(tx, owner, { pending: 'late', replaced: null, now: 1 }), false)
        assert.equal(await setPendingSecret(tx, owner, { pending: 'second', replaced: 'first', now: 1 }), true)
        assert.equal((await findSoftwareToken(tx, owner))?.pendingSecret, 'second')
        await putSoftwareToken(tx, owner, put)
      })
      for (const other of others) {
        assert.equal(await findSoftwareToken(room.db, other), undefined)
        assert.equal(await use(other, 'sealed', 11), false)
      }
      assert.deepEqual(await findSoftwareToken(room.db, owner), { secret: 'sealed', pendingSecret: null, deviceName: 'phone' })
      assert.deepEqual([await use(owner, 'sealed', 10), await use(owner, 'replaced', 11)], [false, false])
      assert.deepEqual(
        [await use(owner, 'sealed', 11), await use(owner, 'sealed', 11), await use(owner, 'sealed', 10)],
        [true, false, false],
      )
    })
  })
}
