import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  AdminInitiateAuthCommand,
  AdminResetUserPasswordCommand,
  AdminRespondToAuthChallengeCommand,
  type AuthFactorType,
  CreateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { power } from '../../../base/srp/reference-client.ts'
import { adminCreateSilently } from '../../../support/administration.ts'
import { allFactors, choiceClient, choose, comparableChallenge, givenChoicePool, startBy, startChoice } from '../../../support/choice.ts'
import { engines } from '../../../support/engines.ts'
import { giveAttributes, prefer, registerApp, respond, setMfa } from '../../../support/mfa.ts'
import { registerPasskey } from '../../../support/passkeys.ts'
import { sentTo, signUp } from '../../../support/self-service.ts'
import {
  answerSrp,
  claimsOf,
  givenTokens,
  givenUser,
  goodPassword,
  secretHash,
  srpResponses,
  srpTimestamp,
} from '../../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../../support/test-server.ts'

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const unavailable = { name: 'InvalidParameterException' }
const passwords = ['PASSWORD_SRP', 'PASSWORD']
const secret = 0x1234567890abcdefn
const SRP_A = power(2n, secret).toString(16)

const addresses = [
  { Name: 'email', Value: 'ana@example.test' },
  { Name: 'phone_number', Value: '+15551234444' },
]

for (const engine of engines) {
  describe(`a choice-based sign-in on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(factors: readonly AuthFactorType[], options: TestPoolOptions = {}) {
      const ids = await givenChoicePool(server(), factors, options)
      await givenUser(server(), ids.poolId, 'ana', { attributes: addresses })
      return ids
    }

    it('offers the first factors that the pool allows and the user has', async () => {
      const { poolId, clientId } = await givenAna(allFactors)
      await givenUser(server(), poolId, 'ben')
      const { accessToken } = await givenTokens(server(), clientId, 'ben')
      await registerPasskey(server(), accessToken)
      await adminCreateSilently(server(), poolId, 'cleo', { attributes: { email: 'cleo@example.test' } })
      const offers = { ana: [...passwords, 'EMAIL_OTP', 'SMS_OTP'], ben: [...passwords, 'WEB_AUTHN'], cleo: ['EMAIL_OTP'] }
      for (const [name, available] of Object.entries(offers)) {
        const asked = await startChoice(server(), clientId, name)
        assert.ok(asked.Session?.startsWith('AYABe') && asked.Session.length <= 2048)
        const expected = { ChallengeName: 'SELECT_CHALLENGE', ChallengeParameters: {}, AvailableChallenges: available }
        assert.deepEqual(comparableChallenge(asked), expected, name)
      }
      const narrow = await givenAna(['PASSWORD', 'SMS_OTP'])
      assert.deepEqual((await startChoice(server(), narrow.clientId, 'ana')).AvailableChallenges, [...passwords, 'SMS_OTP'])
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('offers only the password to users with a temporary password or a second factor', async () => {
      const { poolId, clientId } = await givenAna(allFactors)
      const attributes = { email: 'ben@example.test' }
      await adminCreateSilently(server(), poolId, 'ben', { attributes, TemporaryPassword: 'Temporary-1' })
      assert.deepEqual((await startChoice(server(), clientId, 'ben')).AvailableChallenges, passwords)
      const entered = await startBy(server(), clientId, 'ben', 'PASSWORD', { PASSWORD: 'Temporary-1' })
      assert.equal(entered.ChallengeName, 'NEW_PASSWORD_REQUIRED')
      assert.equal(entered.AvailableChallenges, undefined)

      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const app = await registerApp(server(), accessToken)
      assert.equal((await startChoice(server(), clientId, 'ana')).AvailableChallenges?.length, 4)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      const { AvailableChallenges, Session } = await startChoice(server(), clientId, 'ana')
      assert.deepEqual(AvailableChallenges, passwords)
      const asked = await choose(server(), clientId, 'ana', Session, 'PASSWORD', { PASSWORD: goodPassword })
      assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const code = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const done = await respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', asked.Session, code)
      assert.ok(done.AuthenticationResult?.AccessToken)
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('accepts the password in the first request, in an answer to SELECT_CHALLENGE, and in an answer to PASSWORD', async () => {
      const { clientId } = await givenAna(allFactors)
      const atOnce = await startBy(server(), clientId, 'ana', 'PASSWORD', { PASSWORD: goodPassword })
      assert.equal(claimsOf(atOnce.AuthenticationResult?.AccessToken ?? '')['username'], 'ana')

      const { Session } = await startChoice(server(), clientId, 'ana')
      await assert.rejects(choose(server(), clientId, 'ana', Session, 'PASSWORD', { PASSWORD: 'Wrong-horse-7' }), wrong)
      const chosen = await choose(server(), clientId, 'ana', Session, 'PASSWORD', { PASSWORD: goodPassword })
      assert.deepEqual(chosen.ChallengeParameters, {})
      assert.ok(chosen.AuthenticationResult?.RefreshToken)
      await assert.rejects(choose(server(), clientId, 'ana', Session, 'PASSWORD', { PASSWORD: goodPassword }), used)

      const asked = await startBy(server(), clientId, 'ana', 'PASSWORD')
      const available = [...passwords, 'EMAIL_OTP', 'SMS_OTP']
      assert.deepEqual(comparableChallenge(asked), { ChallengeName: 'PASSWORD', ChallengeParameters: {}, AvailableChallenges: available })
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter PASSWORD' }
      await assert.rejects(respond(server(), clientId, 'PASSWORD', asked.Session, { USERNAME: 'ana' }), missing)
      const named = await respond(server(), clientId, 'PASSWORD', asked.Session, { USERNAME: 'ana', PASSWORD: goodPassword })
      assert.ok(named.AuthenticationResult)
    })

    it('begins SRP in the first request, in an answer to SELECT_CHALLENGE, and in an answer to PASSWORD_SRP', async () => {
      const { poolId, clientId } = await givenAna(allFactors)
      const asked = await startBy(server(), clientId, 'ana', 'PASSWORD_SRP')
      assert.equal(asked.ChallengeName, 'PASSWORD_SRP')
      const { Session } = await startChoice(server(), clientId, 'ana')
      const starts = [
        startBy(server(), clientId, 'ana', 'PASSWORD_SRP', { SRP_A }),
        choose(server(), clientId, 'ana', Session, 'PASSWORD_SRP', { SRP_A }),
        respond(server(), clientId, 'PASSWORD_SRP', asked.Session, { USERNAME: 'ana', SRP_A }),
      ]
      for (const start of starts) {
        const exchange = await start
        assert.equal(exchange.ChallengeName, 'PASSWORD_VERIFIER')
        assert.deepEqual(exchange.AvailableChallenges, [...passwords, 'EMAIL_OTP', 'SMS_OTP'])
        const wrongly = srpResponses(poolId, 'Wrong-horse-7', secret, exchange, srpTimestamp(server().clock.now()))
        await assert.rejects(answerSrp(server(), clientId, wrongly), wrong)
        // After a wrong proof the user may choose a factor again.
        const instead = await choose(server(), clientId, 'ana', exchange.Session, 'PASSWORD')
        assert.equal(instead.ChallengeName, 'PASSWORD')
        const done = await answerSrp(
          server(),
          clientId,
          srpResponses(poolId, goodPassword, secret, exchange, srpTimestamp(server().clock.now())),
        )
        assert.ok(done.AuthenticationResult?.IdToken)
      }
    })

    it('asks the user to choose when the preferred challenge is not available', async () => {
      const { poolId, clientId } = await givenAna(['PASSWORD', 'EMAIL_OTP'])
      for (const preferred of ['SMS_OTP', 'WEB_AUTHN'] as const) {
        const asked = await startBy(server(), clientId, 'ana', preferred)
        assert.deepEqual([asked.ChallengeName, asked.AvailableChallenges], ['SELECT_CHALLENGE', [...passwords, 'EMAIL_OTP']])
        await assert.rejects(choose(server(), clientId, 'ana', asked.Session, preferred), unavailable)
        await assert.rejects(respond(server(), clientId, preferred, asked.Session, { USERNAME: 'ana' }), unavailable)
      }
      await adminCreateSilently(server(), poolId, 'cleo', { attributes: { email: 'cleo@example.test' } })
      const cleo = await startBy(server(), clientId, 'cleo', 'PASSWORD', { PASSWORD: goodPassword })
      assert.deepEqual([cleo.ChallengeName, cleo.AvailableChallenges], ['SELECT_CHALLENGE', ['EMAIL_OTP']])
      await assert.rejects(startBy(server(), clientId, 'ana', 'SMS_MFA'), unavailable)
      const { Session } = await startChoice(server(), clientId, 'ana')
      for (const answer of ['SELECT_CHALLENGE', 'password', '__proto__'])
        await assert.rejects(choose(server(), clientId, 'ana', Session, answer), unavailable, answer)
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter ANSWER' }
      await assert.rejects(respond(server(), clientId, 'SELECT_CHALLENGE', Session, { USERNAME: 'ana' }), missing)
    })

    it('refuses an answer when, since the challenge, the address was removed, the password reset or the user disabled', async () => {
      const { poolId, clientId } = await givenAna(['PASSWORD', 'EMAIL_OTP'])
      const { Session } = await startChoice(server(), clientId, 'ana')
      await giveAttributes(server(), poolId, 'ana', { email: '' })
      await assert.rejects(choose(server(), clientId, 'ana', Session, 'EMAIL_OTP'), unavailable)
      await giveAttributes(server(), poolId, 'ana', { email: 'ana@example.test', email_verified: 'true' })
      await server().send(new AdminResetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana' }))
      const reset = { name: 'PasswordResetRequiredException' }
      await assert.rejects(choose(server(), clientId, 'ana', Session, 'EMAIL_OTP'), reset)
      await assert.rejects(startChoice(server(), clientId, 'ana'), reset)
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      const disabled = { name: 'NotAuthorizedException', message: 'User is disabled.' }
      await assert.rejects(choose(server(), clientId, 'ana', Session, 'EMAIL_OTP'), disabled)
      await assert.rejects(startChoice(server(), clientId, 'ana'), disabled)
    })

    it('rejects its Session for another user, client or challenge, and after the expiry of the Session', async () => {
      const { poolId, clientId } = await givenAna(['PASSWORD', 'EMAIL_OTP'])
      await givenUser(server(), poolId, 'ben')
      const right = { PASSWORD: goodPassword }
      const { Session } = await startChoice(server(), clientId, 'ana')
      await assert.rejects(choose(server(), clientId, 'ben', Session, 'PASSWORD', right), invalid)
      const other = { UserPoolId: poolId, ClientName: 'other', ...choiceClient }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(other))
      await assert.rejects(choose(server(), UserPoolClient?.ClientId ?? '', 'ana', Session, 'PASSWORD', right), invalid)
      for (const challenge of ['SMS_MFA', 'NEW_PASSWORD_REQUIRED', 'SELECT_MFA_TYPE', 'MFA_SETUP'] as const)
        await assert.rejects(respond(server(), clientId, challenge, Session, { USERNAME: 'ana' }), invalid, challenge)
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter Session' }
      for (const challenge of ['SELECT_CHALLENGE', 'PASSWORD', 'EMAIL_OTP'] as const)
        await assert.rejects(respond(server(), clientId, challenge, undefined, { USERNAME: 'ana', ANSWER: 'PASSWORD' }), missing)
      await assert.rejects(choose(server(), clientId, 'ana', 'made-up-made-up-made-up', 'PASSWORD', right), invalid)
      server().clock.advance(3 * 60_000)
      const expired = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }
      await assert.rejects(choose(server(), clientId, 'ana', Session, 'PASSWORD', right), expired)
    })

    it('requires a confirmed user, a client that allows USER_AUTH, and the secret hash of a confidential client', async () => {
      const { poolId, clientId } = await givenAna(['PASSWORD'])
      await signUp(server(), clientId, 'new')
      const unconfirmed = { name: 'UserNotConfirmedException' }
      await assert.rejects(startBy(server(), clientId, 'new', 'PASSWORD', { PASSWORD: goodPassword }), unconfirmed)

      const plain = await server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'plain' }))
      const notEnabled = { name: 'InvalidParameterException', message: 'USER_AUTH flow not enabled for this client' }
      await assert.rejects(startChoice(server(), plain.UserPoolClient?.ClientId ?? '', 'ana'), notEnabled)

      const request = { UserPoolId: poolId, ClientName: 'secret', GenerateSecret: true, ...choiceClient }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(request))
      const { ClientId: id = '', ClientSecret = '' } = UserPoolClient ?? {}
      await assert.rejects(startChoice(server(), id, 'ana'), { name: 'NotAuthorizedException' })
      const SECRET_HASH = secretHash(ClientSecret, 'ana', id)
      const { Session } = await startChoice(server(), id, 'ana', { SECRET_HASH })
      await assert.rejects(choose(server(), id, 'ana', Session, 'PASSWORD', { PASSWORD: goodPassword }), { name: 'NotAuthorizedException' })
      assert.ok((await choose(server(), id, 'ana', Session, 'PASSWORD', { PASSWORD: goodPassword, SECRET_HASH })).AuthenticationResult)
    })

    it('counts wrong passwords together with those of other flows', async () => {
      const { clientId } = await givenAna(['PASSWORD'])
      const { Session } = await startChoice(server(), clientId, 'ana')
      const wrongly = { PASSWORD: 'Wrong-horse-7' }
      for (let count = 0; count < 5; count++) await assert.rejects(choose(server(), clientId, 'ana', Session, 'PASSWORD', wrongly), wrong)
      const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }
      await assert.rejects(startBy(server(), clientId, 'ana', 'PASSWORD', { PASSWORD: goodPassword }), locked)
      await assert.rejects(givenTokens(server(), clientId, 'ana'), locked)
      server().clock.advance(2000)
      assert.ok((await startBy(server(), clientId, 'ana', 'PASSWORD', { PASSWORD: goodPassword })).AuthenticationResult)
    })

    it('is possible with AdminInitiateAuth and AdminRespondToAuthChallenge', async () => {
      const { poolId, clientId } = await givenAna(['PASSWORD', 'EMAIL_OTP'])
      const common = { UserPoolId: poolId, ClientId: clientId }
      const start = { ...common, AuthFlow: 'USER_AUTH', AuthParameters: { USERNAME: 'ana' } } as const
      const asked = await server().send(new AdminInitiateAuthCommand(start))
      assert.deepEqual([asked.ChallengeName, asked.AvailableChallenges], ['SELECT_CHALLENGE', [...passwords, 'EMAIL_OTP']])
      const ChallengeResponses = { USERNAME: 'ana', ANSWER: 'PASSWORD', PASSWORD: goodPassword }
      const answer = { ...common, ChallengeName: 'SELECT_CHALLENGE', Session: asked.Session, ChallengeResponses } as const
      assert.ok((await server().send(new AdminRespondToAuthChallengeCommand(answer))).AuthenticationResult)
    })
  })
}
