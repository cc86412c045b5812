import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfirmForgotPasswordCommand, ForgotPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { hourMs } from '../../../src/base/durations.ts'
import { engines } from '../../support/engines.ts'
import {
  codeSentTo,
  confirm,
  givenConfirmedUser,
  givenSignedInUser,
  sentTo,
  signUp,
  update,
  wrongCode,
} from '../../support/self-service.ts'
import { givenTokens, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const verifiesEmail = { AutoVerifiedAttributes: ['email' as const] }
const email = 'ana@example.test'
const newPassword = 'Other-horse-8'

const mismatch = { name: 'CodeMismatchException', message: 'Invalid verification code provided, please try again.' }
const expired = { name: 'ExpiredCodeException', message: 'Invalid code provided, please request a code again.' }
const limited = { name: 'LimitExceededException', message: 'Attempt limit exceeded, please try after some time.' }

for (const engine of engines) {
  describe(`A forgotten password on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const forgot = (clientId: string, username: string) =>
      server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: username }))
    const reset = (clientId: string, username: string, code: string, password = newPassword) =>
      server().send(
        new ConfirmForgotPasswordCommand({ ClientId: clientId, Username: username, ConfirmationCode: code, Password: password }),
      )

    it('is replaced with a code that is sent to the verified address', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      const ana = await givenSignedInUser(server(), ids, 'ana', { email })
      const { CodeDeliveryDetails } = await forgot(ids.clientId, 'ana')
      assert.deepEqual(CodeDeliveryDetails, { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' })
      assert.deepEqual(await sentTo(server(), ids.poolId), [`sign-up ${email}`, `forgot-password ${email}`])

      const code = await codeSentTo(server(), ids.poolId, email)
      await assert.rejects(reset(ids.clientId, 'ana', wrongCode(code)), mismatch)
      await reset(ids.clientId, 'ana', code)
      await assert.rejects(signInByPassword(server(), ids.clientId, 'ana'), { name: 'NotAuthorizedException' })
      await givenTokens(server(), ids.clientId, 'ana', newPassword)
      await assert.rejects(reset(ids.clientId, 'ana', code), expired)
      // Sessions stay valid after the reset of the password, as at Cognito.
      await update(server(), ana.accessToken, { name: 'Ana' })
    })

    it('is replaced by only one of many concurrent requests with the same code', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      await givenConfirmedUser(server(), ids, 'ana', { email })
      await forgot(ids.clientId, 'ana')
      const code = await codeSentTo(server(), ids.poolId, email)
      const requests = Array.from({ length: 6 }, (_, i) => reset(ids.clientId, 'ana', code, `Racing-horse-${i}`))
      const outcomes = await Promise.allSettled(requests)
      const winners = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []))
      assert.equal(winners.length, 1)
      await givenTokens(server(), ids.clientId, 'ana', `Racing-horse-${winners[0]}`)
    })

    it('is not replaced by a weak or former password, and the code stays valid', async () => {
      const pool = { ...verifiesEmail, Policies: { PasswordPolicy: { MinimumLength: 8, PasswordHistorySize: 2 } } }
      const ids = await server().givenPool({ pool })
      await givenConfirmedUser(server(), ids, 'ana', { email })
      await forgot(ids.clientId, 'ana')
      const code = await codeSentTo(server(), ids.poolId, email)
      await assert.rejects(reset(ids.clientId, 'ana', code, 'short77'), {
        name: 'InvalidPasswordException',
        message: 'Password did not conform with policy: Password not long enough',
      })
      // Without the right code a caller learns nothing about former passwords.
      await assert.rejects(reset(ids.clientId, 'ana', wrongCode(code), goodPassword), mismatch)
      await assert.rejects(reset(ids.clientId, 'ana', code, goodPassword), { name: 'PasswordHistoryPolicyViolationException' })
      await reset(ids.clientId, 'ana', code)
      await forgot(ids.clientId, 'ana')
      const second = await codeSentTo(server(), ids.poolId, email)
      await assert.rejects(reset(ids.clientId, 'ana', second, goodPassword), { name: 'PasswordHistoryPolicyViolationException' })
      await reset(ids.clientId, 'ana', second, 'Third-horse-9')
    })

    it('is not replaced with a code that is an hour old, or that a newer code has replaced', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      await givenConfirmedUser(server(), ids, 'ana', { email })
      await forgot(ids.clientId, 'ana')
      const first = await codeSentTo(server(), ids.poolId, email)
      await forgot(ids.clientId, 'ana')
      const second = await codeSentTo(server(), ids.poolId, email)
      if (first !== second) await assert.rejects(reset(ids.clientId, 'ana', first), mismatch)
      server().clock.advance(hourMs)
      await assert.rejects(reset(ids.clientId, 'ana', second), expired)
      await assert.rejects(reset(ids.clientId, 'ana', wrongCode(second)), expired)
    })

    it('has limits for requested codes and for wrong codes', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      await givenConfirmedUser(server(), ids, 'ana', { email })
      for (let i = 0; i < 10; i++) await forgot(ids.clientId, 'ana')
      await assert.rejects(forgot(ids.clientId, 'ana'), limited)
      const code = await codeSentTo(server(), ids.poolId, email)
      for (let i = 0; i < 10; i++) await assert.rejects(reset(ids.clientId, 'ana', wrongCode(code)), mismatch)
      await assert.rejects(reset(ids.clientId, 'ana', code), limited)
    })

    it('can be replaced by a user who is locked out, and this ends the lock', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      await givenConfirmedUser(server(), ids, 'ana', { email })
      for (let i = 0; i < 5; i++) {
        await assert.rejects(signInByPassword(server(), ids.clientId, 'ana', 'Wrong-horse-1'), {
          message: 'Incorrect username or password.',
        })
      }
      await assert.rejects(signInByPassword(server(), ids.clientId, 'ana'), { message: 'Password attempts exceeded' })
      await forgot(ids.clientId, 'ana')
      await reset(ids.clientId, 'ana', await codeSentTo(server(), ids.poolId, email))
      await givenTokens(server(), ids.clientId, 'ana', newPassword)
    })

    it('gets no code without a verified address, for an unknown user, or where only administrators recover accounts', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), ids.clientId, 'ana', { email })
      await assert.rejects(forgot(ids.clientId, 'ana'), {
        name: 'InvalidParameterException',
        message: 'Cannot reset password for the user as there is no registered/verified email or phone_number',
      })
      await assert.rejects(forgot(ids.clientId, 'nobody'), {
        name: 'UserNotFoundException',
        message: 'Username/client id combination not found.',
      })
      await assert.rejects(reset(ids.clientId, 'nobody', '123456'), { name: 'UserNotFoundException' })
      await assert.rejects(reset(ids.clientId, 'ana', '123456'), expired)
      const adminOnly = { AccountRecoverySetting: { RecoveryMechanisms: [{ Priority: 1, Name: 'admin_only' as const }] } }
      const adminOnlyPool = await server().givenPool({ pool: { ...verifiesEmail, ...adminOnly } })
      await assert.rejects(forgot(adminOnlyPool.clientId, 'ana'), {
        name: 'NotAuthorizedException',
        message: 'Contact administrator to reset password.',
      })
    })

    it('is replaced even when UserMigration cannot run; ForgotPassword then fails for an unknown user only', async () => {
      const fails = { name: 'UnexpectedLambdaException' }
      const arn = 'arn:aws:lambda:us-east-1:123456789012:function:unknown'
      const migrating = await server().givenPool({ pool: { ...verifiesEmail, LambdaConfig: { UserMigration: arn } } })
      await givenConfirmedUser(server(), migrating, 'ana', { email })
      await forgot(migrating.clientId, 'ana')
      await assert.rejects(forgot(migrating.clientId, 'nobody'), fails)
      await reset(migrating.clientId, 'ana', await codeSentTo(server(), migrating.poolId, email))
      const customized = await server().givenPool({ pool: { ...verifiesEmail, LambdaConfig: { CustomMessage: arn } } })
      await assert.rejects(signUp(server(), customized.clientId, 'ana', { email }), fails)
      await assert.rejects(forgot(customized.clientId, 'ana'), { name: 'UserNotFoundException' })
    })

    it('is not replaced with a code that was sent to a former address', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      const { accessToken } = await givenSignedInUser(server(), ids, 'ana', { email })
      await forgot(ids.clientId, 'ana')
      const code = await codeSentTo(server(), ids.poolId, email)
      await update(server(), accessToken, { email: 'new@example.test' })
      await assert.rejects(reset(ids.clientId, 'ana', code), expired)
    })

    it('is not replaced with a code for another purpose or of another user', async () => {
      const ids = await server().givenPool({ pool: verifiesEmail })
      await signUp(server(), ids.clientId, 'ana', { email })
      const signUpCode = await codeSentTo(server(), ids.poolId, email)
      await assert.rejects(reset(ids.clientId, 'ana', signUpCode), expired)
      await confirm(server(), ids.clientId, 'ana', signUpCode)
      await givenConfirmedUser(server(), ids, 'bob', { email: 'bob@example.test' })
      await forgot(ids.clientId, 'ana')
      await forgot(ids.clientId, 'bob')
      const own = await codeSentTo(server(), ids.poolId, email)
      const other = await codeSentTo(server(), ids.poolId, 'bob@example.test')
      if (own !== other) await assert.rejects(reset(ids.clientId, 'ana', other), mismatch)
    })

    it('is replaced by a user named by an alias; the code goes to the first verified address in the recovery order', async () => {
      const pool = {
        AutoVerifiedAttributes: ['email' as const],
        AliasAttributes: ['email' as const],
        AccountRecoverySetting: {
          RecoveryMechanisms: [
            { Priority: 2, Name: 'verified_email' as const },
            { Priority: 1, Name: 'verified_phone_number' as const },
          ],
        },
      }
      const ids = await server().givenPool({ pool })
      await givenConfirmedUser(server(), ids, 'ana', { email })
      const { CodeDeliveryDetails } = await forgot(ids.clientId, email)
      assert.equal(CodeDeliveryDetails?.AttributeName, 'email')
      await reset(ids.clientId, email, await codeSentTo(server(), ids.poolId, email))
    })
  })
}
