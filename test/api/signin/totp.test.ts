import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteSoftwareTokenCommand,
  AdminDisableUserCommand,
  AdminInitiateAuthCommand,
  AdminResetUserPasswordCommand,
  AdminRespondToAuthChallengeCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  CreateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import {
  type App,
  challengeAfterPassword,
  failUntilLocked,
  giveAttributes,
  givenAppUser,
  givenMfaPool,
  respond,
  setMfa,
  startTimeStep,
} from '../../support/mfa.ts'
import { type PoolAndClient, sentTo, wrongCode } from '../../support/self-service.ts'
import { claimsOf, goodPassword, signInBySrp } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const minute = 60_000
const wrong = { name: 'CodeMismatchException', message: 'Invalid code or auth state for the user.' }
const replayed = { name: 'ExpiredCodeException', message: 'Your software token has already been used once.' }
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const locked = { name: 'NotAuthorizedException', message: 'Attempt limit exceeded, please try after some time.' }

for (const engine of engines) {
  describe(`SOFTWARE_TOKEN_MFA on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(name?: string): Promise<PoolAndClient & { app: App }> {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['totp'])
      return { ...ids, app: await givenAppUser(server(), ids, 'ana', name) }
    }

    const ask = async ({ clientId }: PoolAndClient, username = 'ana') =>
      (await challengeAfterPassword(server(), clientId, username)).session

    const answer = ({ clientId }: PoolAndClient, session: string | undefined, code: string, username = 'ana') =>
      respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', session, { USERNAME: username, SOFTWARE_TOKEN_MFA_CODE: code })

    it('is asked after a password or SRP, and sends no message; the right code returns tokens', async () => {
      const { app, ...ids } = await givenAna('My phone')
      const asked = await challengeAfterPassword(server(), ids.clientId, 'ana')
      assert.equal(asked.name, 'SOFTWARE_TOKEN_MFA')
      assert.deepEqual(asked.parameters, { FRIENDLY_DEVICE_NAME: 'My phone', USER_ID_FOR_SRP: 'ana' })
      assert.equal(asked.tokens, undefined)
      assert.match(asked.session ?? '', /^AYABe[\w-]{15,2043}$/)
      const done = await answer(ids, asked.session, app.code())
      assert.deepEqual(done.ChallengeParameters, {})
      assert.equal(claimsOf(done.AuthenticationResult?.IdToken ?? '')['cognito:username'], 'ana')

      const bySrp = await signInBySrp(server(), ids, 'ana')
      assert.equal(bySrp.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      assert.ok((await answer(ids, bySrp.Session, app.code(1))).AuthenticationResult?.AccessToken)
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('leaves out FRIENDLY_DEVICE_NAME for an app without a name', async () => {
      const ids = await givenAna()
      assert.deepEqual((await challengeAfterPassword(server(), ids.clientId, 'ana')).parameters, { USER_ID_FOR_SRP: 'ana' })
    })

    it('is asked by AdminInitiateAuth as well', async () => {
      const { app, ...ids } = await givenAna()
      const both = { UserPoolId: ids.poolId, ClientId: ids.clientId }
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const asked = await server().send(new AdminInitiateAuthCommand({ ...both, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters }))
      assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const ChallengeResponses = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const answered = { ...both, ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: asked.Session, ChallengeResponses } as const
      assert.ok((await server().send(new AdminRespondToAuthChallengeCommand(answered))).AuthenticationResult?.AccessToken)
    })

    it('accepts codes of the previous and the next time step, but not of the steps beyond them', async () => {
      const { app, ...ids } = await givenAna()
      server().clock.advance(5 * minute)
      startTimeStep(server())
      const session = await ask(ids)
      for (const steps of [-2, 2]) await assert.rejects(answer(ids, session, app.code(steps)), wrong, `${steps}`)
      assert.ok((await answer(ids, session, app.code(-1))).AuthenticationResult)
      assert.ok((await answer(ids, await ask(ids), app.code(1))).AuthenticationResult)
    })

    it('accepts each code once in all sign-ins together, and rejects codes older than the last accepted one', async () => {
      const { app, ...ids } = await givenAna()
      const [first, second] = [await ask(ids), await ask(ids)]
      startTimeStep(server())
      const code = app.code()
      await answer(ids, first, code)
      await assert.rejects(answer(ids, second, code), replayed)
      await assert.rejects(answer(ids, second, app.code(-1)), replayed)
      assert.ok((await answer(ids, second, app.code(1))).AuthenticationResult)
    })

    it('accepts only one of many simultaneous requests with the same code', async () => {
      const { app, ...ids } = await givenAna()
      const sessions = await Promise.all([ask(ids), ask(ids), ask(ids), ask(ids)])
      const code = app.code()
      const refused = Array.from({ length: 3 }, () => 'ExpiredCodeException')
      assert.deepEqual(await outcomes(sessions.map((session) => answer(ids, session, code))), [...refused, 'ok'])
    })

    it('does not count a code that was used before as a guess', async () => {
      const { app, ...ids } = await givenAna()
      const code = app.code()
      await answer(ids, await ask(ids), code)
      const session = await ask(ids)
      for (let count = 0; count < 7; count++) await assert.rejects(answer(ids, session, code), replayed)
      await answer(ids, session, app.code(1))
    })

    it('keeps the Session valid after wrong codes, and consumes the Session with the right code', async () => {
      const { app, ...ids } = await givenAna()
      const session = await ask(ids)
      for (const code of [wrongCode(app.code()), '12345', 'abcdef', '٠١٢٣٤٥']) await assert.rejects(answer(ids, session, code), wrong, code)
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter SOFTWARE_TOKEN_MFA_CODE' }
      await assert.rejects(answer(ids, session, ''), missing)
      await answer(ids, session, app.code())
      const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
      await assert.rejects(answer(ids, session, app.code(1)), used)
    })

    it('locks after five wrong codes, longer after each further one; a new sign-in does not lift the lock', async () => {
      const { app, ...ids } = await givenAna()
      const session = await ask(ids)
      await failUntilLocked(server(), () => assert.rejects(answer(ids, session, wrongCode(app.code())), wrong))
      await assert.rejects(answer(ids, session, app.code()), locked)
      await assert.rejects(answer(ids, await ask(ids), app.code()), locked)
      server().clock.advance(16_000)
      await answer(ids, session, app.code())
      const next = await ask(ids)
      for (let count = 0; count < 4; count++) await assert.rejects(answer(ids, next, wrongCode(app.code(1))), wrong)
      assert.ok(await answer(ids, next, app.code(1)), 'the right code cleared the count')
    })

    it('locks only the codes of the user who failed: the password and the codes of other users are still accepted', async () => {
      const { app, ...ids } = await givenAna()
      const ben = await givenAppUser(server(), ids, 'ben')
      const session = await ask(ids)
      await failUntilLocked(server(), () => assert.rejects(answer(ids, session, wrongCode(app.code())), wrong))
      await assert.rejects(answer(ids, await ask(ids), app.code()), locked, 'the password is still taken')
      assert.ok((await answer(ids, await ask(ids, 'ben'), ben.code(), 'ben')).AuthenticationResult)
    })

    it('rejects the Session for another user, client or challenge', async () => {
      const { app, ...ids } = await givenAna()
      const ben = await givenAppUser(server(), ids, 'ben')
      const session = await ask(ids)
      await assert.rejects(answer(ids, session, ben.code(), 'ben'), invalid)
      await assert.rejects(answer(ids, await ask(ids, 'ben'), app.code(), 'ana'), invalid)
      const other = { UserPoolId: ids.poolId, ClientName: 'other', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(other))
      await assert.rejects(answer({ ...ids, clientId: UserPoolClient?.ClientId ?? '' }, session, app.code()), invalid)
      const answers = {
        USERNAME: 'ana',
        SMS_MFA_CODE: '123456',
        EMAIL_OTP_CODE: '123456',
        ANSWER: 'SMS_MFA',
        NEW_PASSWORD: 'Another-horse-8',
      }
      for (const challenge of ['SMS_MFA', 'EMAIL_OTP', 'SELECT_MFA_TYPE', 'MFA_SETUP', 'NEW_PASSWORD_REQUIRED'] as const)
        await assert.rejects(respond(server(), ids.clientId, challenge, session, answers), invalid, challenge)
      await assert.rejects(answer(ids, undefined, app.code()), { message: 'Missing required parameter Session' })
      await answer(ids, session, app.code())
    })

    it('expires with the client’s AuthSessionValidity', async () => {
      const { app, ...ids } = await givenAna()
      const session = await ask(ids)
      server().clock.advance(3 * minute)
      const expired = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session is expired.' }
      await assert.rejects(answer(ids, session, app.code()), expired)
    })

    it('rejects waiting sign-ins after a new password, a sign-out everywhere, a reset, and once the user is disabled', async () => {
      const replace = { Password: 'Another-horse-8', Permanent: true }
      const ofAna = (poolId: string) => ({ UserPoolId: poolId, Username: 'ana' })
      const changed = await givenAna()
      const session = await ask(changed)
      await server().send(new AdminSetUserPasswordCommand({ ...ofAna(changed.poolId), ...replace }))
      await assert.rejects(answer(changed, session, changed.app.code()), invalid)

      const signedOut = await givenAna()
      const another = await ask(signedOut)
      await server().send(new AdminUserGlobalSignOutCommand(ofAna(signedOut.poolId)))
      await assert.rejects(answer(signedOut, another, signedOut.app.code()), invalid)
      const reset = { name: 'PasswordResetRequiredException' }
      const third = await ask(signedOut)
      await giveAttributes(server(), signedOut.poolId, 'ana', { email: 'ana@example.test', email_verified: 'true' })
      await server().send(new AdminResetUserPasswordCommand(ofAna(signedOut.poolId)))
      await assert.rejects(answer(signedOut, third, signedOut.app.code()), reset)

      const disabled = await givenAna()
      const last = await ask(disabled)
      await server().send(new AdminDisableUserCommand(ofAna(disabled.poolId)))
      await assert.rejects(answer(disabled, last, disabled.app.code()), { message: 'User is disabled.' })
    })

    it('rejects the code once an administrator has removed the app; the next sign-in asks for no code', async () => {
      const { app, ...ids } = await givenAna()
      const session = await ask(ids)
      await server().send(new AdminDeleteSoftwareTokenCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
      await assert.rejects(answer(ids, session, app.code()), { name: 'SoftwareTokenMFANotFoundException' })
      assert.ok((await challengeAfterPassword(server(), ids.clientId, 'ana')).tokens)
    })

    it('is not asked where MFA is off; it is still asked of a user with a registered app where the pool offers only SMS', async () => {
      const { app, ...ids } = await givenAna()
      await setMfa(server(), ids.poolId, 'OFF')
      assert.ok((await challengeAfterPassword(server(), ids.clientId, 'ana')).tokens)
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['sms'])
      const asked = await challengeAfterPassword(server(), ids.clientId, 'ana')
      assert.equal(asked.name, 'SOFTWARE_TOKEN_MFA', 'a registered app still counts where the pool no longer offers apps')
      await answer(ids, asked.session, app.code())
      await setMfa(server(), ids.poolId, 'ON', ['totp'])
      assert.equal((await challengeAfterPassword(server(), ids.clientId, 'ana')).name, 'SOFTWARE_TOKEN_MFA')
    })
  })
}
