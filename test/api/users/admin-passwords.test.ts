import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently, adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { attributeList, codeSentTo, sentTo, signUp, type Values } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword, signInBySrp } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const newPassword = 'Newer-horse-8'
const email = { email: 'ana@example.test', email_verified: 'true' }
const phone = { phone_number: '+15550001234', phone_number_verified: 'true' }
const wrongState = { name: 'NotAuthorizedException', message: 'User password cannot be reset in the current state.' }
const noContact = {
  name: 'InvalidParameterException',
  message: 'Cannot reset password for the user as there is no registered/verified email or phone_number',
}

for (const engine of engines) {
  describe(`AdminResetUserPassword on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const reset = (poolId: string, name = 'ana') => server().send(new AdminResetUserPasswordCommand({ UserPoolId: poolId, Username: name }))
    const given = (poolId: string, attributes: Values) => givenUser(server(), poolId, 'ana', { attributes: attributeList(attributes) })

    it('refuses a disabled user before any other check, and changes nothing', async () => {
      const { poolId, clientId } = await server().givenPool()
      await given(poolId, email)
      await givenUser(server(), poolId, 'bob')
      const byAdministrator = { RecoveryMechanisms: [{ Name: 'admin_only' as const, Priority: 1 }] }
      const closed = await server().givenPool({ pool: { AccountRecoverySetting: byAdministrator } })
      await given(closed.poolId, email)
      const disabled = { name: 'NotAuthorizedException', message: 'User is disabled.' }
      for (const [UserPoolId, Username] of [
        [poolId, 'ana'],
        [poolId, 'bob'],
        [closed.poolId, 'ana'],
      ] as const) {
        await server().send(new AdminDisableUserCommand({ UserPoolId, Username }))
        const { UserStatus, UserLastModifiedDate } = await adminGet(server(), UserPoolId, Username)
        server().clock.advance(1_000)
        await assert.rejects(reset(UserPoolId, Username), disabled)
        const after = await adminGet(server(), UserPoolId, Username)
        assert.deepEqual([after.UserStatus, after.UserLastModifiedDate], [UserStatus, UserLastModifiedDate])
        assert.deepEqual(await sentTo(server(), UserPoolId), [])
      }
      await server().send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      await givenTokens(server(), clientId, 'ana')
    })

    it('blocks the password until the user has set another with the code', async () => {
      const { poolId, clientId } = await server().givenPool()
      await given(poolId, email)
      const { $metadata, ...answer } = await reset(poolId)
      assert.deepEqual(answer, {})
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'RESET_REQUIRED')
      assert.deepEqual(await sentTo(server(), poolId), ['forgot-password ana@example.test'])

      const refusal = { name: 'PasswordResetRequiredException', message: 'Password reset required for the user' }
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), refusal)
      await assert.rejects(signInBySrp(server(), { poolId, clientId }, 'ana'), refusal)

      const ConfirmationCode = await codeSentTo(server(), poolId, 'ana@example.test')
      await server().send(
        new ConfirmForgotPasswordCommand({ ClientId: clientId, Username: 'ana', ConfirmationCode, Password: newPassword }),
      )
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'CONFIRMED')
      await givenTokens(server(), clientId, 'ana', newPassword)
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'NotAuthorizedException' })
    })

    it('sends the code to the address that the recovery settings of the pool choose; only the newest code works', async () => {
      const byEmailFirst = { AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email' as const, Priority: 1 }] } }
      const one = await server().givenPool({ pool: byEmailFirst })
      await given(one.poolId, { ...email, ...phone })
      await reset(one.poolId)
      const first = await codeSentTo(server(), one.poolId, 'ana@example.test')
      await reset(one.poolId)
      assert.deepEqual(await sentTo(server(), one.poolId), Array(2).fill('forgot-password ana@example.test'))
      const second = await codeSentTo(server(), one.poolId, 'ana@example.test')
      const confirm = (ConfirmationCode: string) =>
        server().send(
          new ConfirmForgotPasswordCommand({ ClientId: one.clientId, Username: 'ana', ConfirmationCode, Password: newPassword }),
        )
      if (first !== second) await assert.rejects(confirm(first), { name: 'CodeMismatchException' })
      await confirm(second)

      const legacy = await server().givenPool()
      await given(legacy.poolId, { ...email, ...phone })
      await reset(legacy.poolId)
      assert.deepEqual(await sentTo(server(), legacy.poolId), ['forgot-password +15550001234'])
    })

    it('refuses users who cannot receive a code or whose status does not allow a reset', async () => {
      const { poolId, clientId } = await server().givenPool()
      await given(poolId, { email: 'ana@example.test' })
      await assert.rejects(reset(poolId), noContact)
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'CONFIRMED')
      await givenTokens(server(), clientId, 'ana')

      await adminCreateSilently(server(), poolId, 'bob', { attributes: email })
      await assert.rejects(reset(poolId, 'bob'), wrongState)
      await signUp(server(), clientId, 'cid', { email: 'cid@example.test' })
      await assert.rejects(reset(poolId, 'cid'), noContact)
      assert.deepEqual(await sentTo(server(), poolId), [])
      assert.deepEqual((await adminGet(server(), poolId, 'cid')).UserStatus, 'UNCONFIRMED')
    })

    it('refuses to reset a password in a pool where only administrators recover accounts', async () => {
      const { poolId } = await server().givenPool({
        pool: { AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'admin_only', Priority: 1 }] } },
      })
      await given(poolId, email)
      await assert.rejects(reset(poolId), { name: 'NotAuthorizedException', message: 'Contact administrator to reset password.' })
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'CONFIRMED')
    })

    it('fails when the CustomMessage trigger cannot run', async () => {
      const CustomMessage = 'arn:aws:lambda:us-east-1:123456789012:function:words'
      const { poolId } = await server().givenPool({ pool: { LambdaConfig: { CustomMessage } } })
      await given(poolId, email)
      await assert.rejects(reset(poolId), { name: 'UnexpectedLambdaException' })
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'CONFIRMED')
    })

    it('does not find an unknown user or a user of another pool', async () => {
      const one = await server().givenPool()
      const other = await server().givenPool()
      const { sub } = await given(one.poolId, email)
      await assert.rejects(reset(other.poolId), { name: 'UserNotFoundException', message: 'User does not exist.' })
      await assert.rejects(reset(other.poolId, sub), { name: 'UserNotFoundException' })
      await assert.rejects(reset('us-east-1_AAAAAAAAA'), { name: 'ResourceNotFoundException' })
      assert.deepEqual([await sentTo(server(), one.poolId), await sentTo(server(), other.poolId)], [[], []])
    })
  })

  describe(`AdminSetUserPassword on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const set = (poolId: string, Password: string, Permanent?: boolean, Username = 'ana') =>
      server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username, Password, Permanent }))
    const status = async (poolId: string) => (await adminGet(server(), poolId, 'ana')).UserStatus

    it('confirms an unconfirmed user with a permanent password, and sends no message', async () => {
      const { poolId, clientId } = await server().givenPool()
      await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      const { $metadata, ...answer } = await set(poolId, newPassword, true)
      assert.deepEqual(answer, {})
      assert.equal(await status(poolId), 'CONFIRMED')
      await givenTokens(server(), clientId, 'ana', newPassword)
      await signInBySrp(server(), { poolId, clientId }, 'ana', newPassword)
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'NotAuthorizedException' })
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('makes the user choose another password after a temporary one, which is the default', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      for (const permanent of [undefined, false]) {
        await set(poolId, newPassword, permanent)
        assert.equal(await status(poolId), 'FORCE_CHANGE_PASSWORD')
        assert.equal((await signInByPassword(server(), clientId, 'ana', newPassword)).ChallengeName, 'NEW_PASSWORD_REQUIRED')
      }
      await set(poolId, newPassword, true)
      await givenTokens(server(), clientId, 'ana', newPassword)
    })

    it('applies the password policy, and the password history if the pool has one', async () => {
      const { poolId, clientId } = await server().givenPool({
        pool: { Policies: { PasswordPolicy: { MinimumLength: 8, RequireNumbers: true, PasswordHistorySize: 3 } } },
      })
      await givenUser(server(), poolId, 'ana', { password: 'password-1' })
      await assert.rejects(set(poolId, 'too-few'), {
        name: 'InvalidPasswordException',
        message: 'Password did not conform with policy: Password not long enough',
      })
      await assert.rejects(set(poolId, 'no-number'), { name: 'InvalidPasswordException' })
      await assert.rejects(set(poolId, 'abc'), { name: 'InvalidParameterException' })
      await set(poolId, 'password-2', true)
      await set(poolId, 'password-3', true)
      for (const used of ['password-1', 'password-2', 'password-3']) {
        await assert.rejects(set(poolId, used, true), {
          name: 'PasswordHistoryPolicyViolationException',
          message: 'Password has previously been used',
        })
      }
      await givenTokens(server(), clientId, 'ana', 'password-3')
      await set(poolId, 'password-4', true)
      await set(poolId, 'password-1', true)
      await givenTokens(server(), clientId, 'ana', 'password-1')
    })

    it('invalidates a recovery code that the user has not entered yet', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana', { attributes: attributeList(email) })
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      const ConfirmationCode = await codeSentTo(server(), poolId, 'ana@example.test')
      await set(poolId, newPassword, true)
      const late = server().send(
        new ConfirmForgotPasswordCommand({ ClientId: clientId, Username: 'ana', ConfirmationCode, Password: goodPassword }),
      )
      await assert.rejects(late, { name: 'ExpiredCodeException' })
      await givenTokens(server(), clientId, 'ana', newPassword)
    })

    it('does not find an unknown user or a user of another pool', async () => {
      const one = await server().givenPool()
      const other = await server().givenPool()
      const { sub } = await givenUser(server(), one.poolId, 'ana')
      await assert.rejects(set(other.poolId, newPassword, true), { name: 'UserNotFoundException', message: 'User does not exist.' })
      await assert.rejects(set(other.poolId, newPassword, true, sub), { name: 'UserNotFoundException' })
      await assert.rejects(set('us-east-1_AAAAAAAAA', newPassword), { name: 'ResourceNotFoundException' })
      await givenTokens(server(), one.clientId, 'ana')
    })
  })
}
