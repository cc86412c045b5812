import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminConfirmSignUpCommand,
  AdminDisableUserCommand,
  AdminInitiateAuthCommand,
  AdminSetUserPasswordCommand,
  type AuthFactorType,
  ConfirmSignUpCommand,
  CreateUserPoolClientCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { choiceClient, givenChoicePool, startBy, startChoice } from '../../../support/choice.ts'
import { engines } from '../../../support/engines.ts'
import { respond, setMfa } from '../../../support/mfa.ts'
import { codeSentTo, sentTo } from '../../../support/self-service.ts'
import { claimsOf, goodPassword } from '../../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../../support/test-server.ts'

const email = 'ana@example.test'
const minute = 60_000
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const expired = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const unconfirmed = { name: 'UserNotConfirmedException' }
const verified = { AutoVerifiedAttributes: ['email' as const] }
const noPassword = {
  name: 'InvalidParameterException',
  message: /Value at 'password' failed to satisfy constraint: Member must not be null/,
}

for (const engine of engines) {
  describe(`the first sign-in with the Session of a sign-up, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    function signUp(clientId: string, username = 'ana', Password?: string, address = email) {
      const request = { ClientId: clientId, Username: username, UserAttributes: [{ Name: 'email', Value: address }] }
      return server().send(new SignUpCommand(Password === undefined ? request : { ...request, Password }))
    }

    function confirm(clientId: string, code: string, Session?: string, username = 'ana') {
      const request = { ClientId: clientId, Username: username, ConfirmationCode: code }
      return server().send(new ConfirmSignUpCommand(Session === undefined ? request : { ...request, Session }))
    }

    async function givenNewUser(options: TestPoolOptions = {}, password?: string, factors: AuthFactorType[] = ['PASSWORD', 'EMAIL_OTP']) {
      const ids = await givenChoicePool(server(), factors, { ...options, pool: { ...verified, ...options.pool } })
      const { Session } = await signUp(ids.clientId, 'ana', password)
      return { ...ids, session: Session, code: await codeSentTo(server(), ids.poolId, email) }
    }

    it('needs neither a password nor another code', async () => {
      const { poolId, clientId, session, code } = await givenNewUser()
      assert.ok(session?.startsWith('AYABe') && session.length >= 20 && session.length <= 2048)
      const confirmed = await confirm(clientId, code, session)
      assert.notEqual(confirmed.Session, session)
      const done = await startChoice(server(), clientId, 'ana', {}, confirmed.Session)
      assert.deepEqual(done.ChallengeParameters, {})
      assert.equal(claimsOf(done.AuthenticationResult?.IdToken ?? '')['email_verified'], true)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
      await assert.rejects(startChoice(server(), clientId, 'ana', {}, confirmed.Session), used)
      // From now on the user signs in like any other user.
      assert.deepEqual((await startChoice(server(), clientId, 'ana')).AvailableChallenges, ['EMAIL_OTP'])
    })

    it('succeeds only once, even when several requests bring the Session at the same time', async () => {
      const { clientId, session, code } = await givenNewUser()
      const { Session } = await confirm(clientId, code, session)
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => startChoice(server(), clientId, 'ana', {}, Session)))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
    })

    it('is possible with AdminInitiateAuth, and ignores the preferred challenge', async () => {
      const { poolId, clientId, session, code } = await givenNewUser({}, goodPassword)
      const { Session } = await confirm(clientId, code, session)
      const AuthParameters = { USERNAME: 'ana', PREFERRED_CHALLENGE: 'EMAIL_OTP' }
      const request = { UserPoolId: poolId, ClientId: clientId, AuthFlow: 'USER_AUTH', AuthParameters, Session } as const
      assert.ok((await server().send(new AdminInitiateAuthCommand(request))).AuthenticationResult)
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
    })

    it('needs only the confirmation code where codes are a first factor; elsewhere also the Session of the sign-up', async () => {
      const byCode = await givenNewUser()
      const { Session } = await confirm(byCode.clientId, byCode.code)
      assert.ok((await startChoice(server(), byCode.clientId, 'ana', {}, Session)).AuthenticationResult)

      const givenByPassword = () => givenNewUser({}, goodPassword, ['PASSWORD', 'WEB_AUTHN'])
      const without = await givenByPassword()
      assert.equal((await confirm(without.clientId, without.code)).Session, undefined)
      const theirs = await givenByPassword()
      const confirmed = await confirm(theirs.clientId, theirs.code, theirs.session)
      assert.ok((await startChoice(server(), theirs.clientId, 'ana', {}, confirmed.Session)).AuthenticationResult)

      const other = await givenByPassword()
      const own = await signUp(other.clientId, 'ben', goodPassword, 'ben@example.test')
      await assert.rejects(confirm(other.clientId, other.code, 'made-up-made-up-made-up'), invalid)
      await assert.rejects(confirm(other.clientId, other.code, theirs.session), invalid)
      // With Ben's Session, the code confirms Ana, but she gets no Session to sign in with.
      assert.equal((await confirm(other.clientId, other.code, own.Session)).Session, undefined)
      await assert.rejects(startChoice(server(), other.clientId, 'ana', {}, own.Session), invalid)
    })

    it('still asks for a factor if another caller or an administrator confirmed the user without sending the Session', async () => {
      const { poolId, clientId, session, code } = await givenNewUser()
      await assert.rejects(startChoice(server(), clientId, 'ana', {}, session), unconfirmed)
      await confirm(clientId, code)
      const asked = await startChoice(server(), clientId, 'ana', {}, session)
      assert.deepEqual([asked.ChallengeName, asked.AuthenticationResult], ['SELECT_CHALLENGE', undefined])

      const byAdmin = await givenNewUser()
      await server().send(new AdminConfirmSignUpCommand({ UserPoolId: byAdmin.poolId, Username: 'ana' }))
      const again = await startChoice(server(), byAdmin.clientId, 'ana', {}, byAdmin.session)
      assert.equal(again.ChallengeName, 'SELECT_CHALLENGE')
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
    })

    it('is refused after the AuthSessionValidity; a late code still confirms the user', async () => {
      const { clientId, session, code } = await givenNewUser({}, goodPassword, ['PASSWORD'])
      server().clock.advance(3 * minute)
      assert.equal((await confirm(clientId, code, session)).Session, undefined)
      assert.ok((await startBy(server(), clientId, 'ana', 'PASSWORD', { PASSWORD: goodPassword })).AuthenticationResult)
      const patient = await givenNewUser({ client: { AuthSessionValidity: 15 } })
      server().clock.advance(14 * minute)
      const { Session } = await confirm(patient.clientId, patient.code, patient.session)
      server().clock.advance(14 * minute)
      const early = startChoice(server(), patient.clientId, 'ana', {}, Session)
      assert.ok((await early).AuthenticationResult)
      const late = await givenNewUser()
      const confirmed = await confirm(late.clientId, late.code, late.session)
      server().clock.advance(3 * minute)
      await assert.rejects(startChoice(server(), late.clientId, 'ana', {}, confirmed.Session), expired)
    })

    it('is refused for another user or client, and after the user got another password or was disabled', async () => {
      const { poolId, clientId, session, code } = await givenNewUser()
      const { Session } = await confirm(clientId, code, session)
      const other = { UserPoolId: poolId, ClientName: 'other', ...choiceClient }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(other))
      await assert.rejects(startChoice(server(), UserPoolClient?.ClientId ?? '', 'ana', {}, Session), invalid)
      await signUp(clientId, 'ben', undefined, 'ben@example.test')
      await assert.rejects(startChoice(server(), clientId, 'ben', {}, Session), invalid)
      await assert.rejects(startChoice(server(), clientId, 'nobody', {}, Session), { name: 'UserNotFoundException' })
      await assert.rejects(respond(server(), clientId, 'SELECT_CHALLENGE', Session, { USERNAME: 'ana', ANSWER: 'EMAIL_OTP' }), invalid)

      const user = { UserPoolId: poolId, Username: 'ana' }
      await server().send(new AdminSetUserPasswordCommand({ ...user, Password: goodPassword, Permanent: true }))
      await assert.rejects(startChoice(server(), clientId, 'ana', {}, Session), invalid)
      await server().send(new AdminDisableUserCommand(user))
      const disabled = { name: 'NotAuthorizedException', message: 'User is disabled.' }
      await assert.rejects(startChoice(server(), clientId, 'ana', {}, Session), disabled)
    })

    it('still asks for the MFA that the pool requires', async () => {
      const ids = await givenChoicePool(server(), ['PASSWORD'], { pool: verified })
      await setMfa(server(), ids.poolId, 'ON', ['totp'])
      const { Session: session } = await signUp(ids.clientId, 'ana', goodPassword)
      const { Session } = await confirm(ids.clientId, await codeSentTo(server(), ids.poolId, email), session)
      const asked = await startChoice(server(), ids.clientId, 'ana', {}, Session)
      assert.equal(asked.ChallengeName, 'MFA_SETUP')
    })

    it('is offered only to clients that allow USER_AUTH', async () => {
      const plain = await givenNewUser({ client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] } }, goodPassword)
      assert.equal(plain.session, undefined)
      assert.equal((await confirm(plain.clientId, plain.code)).Session, undefined)
    })

    it('may follow a sign-up without a password only where users can sign in with a code', async () => {
      const factors = ['PASSWORD', 'EMAIL_OTP'] as const
      const withoutFactor = await givenChoicePool(server(), ['PASSWORD'], { pool: verified })
      const unverified = await givenChoicePool(server(), factors)
      const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      const withoutFlow = await givenChoicePool(server(), factors, { pool: verified, client })
      for (const { clientId } of [withoutFactor, unverified, withoutFlow]) await assert.rejects(signUp(clientId), noPassword)
      const { clientId, poolId } = await givenChoicePool(server(), factors, { pool: verified })
      await assert.rejects(server().send(new SignUpCommand({ ClientId: clientId, Username: 'ana' })), noPassword)
      await signUp(clientId)
      const asked = await startBy(server(), clientId, 'ana', 'PASSWORD', { PASSWORD: goodPassword })
      assert.deepEqual([asked.ChallengeName, asked.AvailableChallenges], ['SELECT_CHALLENGE', ['EMAIL_OTP']])
      assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
    })
  })
}
