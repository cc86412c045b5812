import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminSetUserPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { dayMs } from '../../../src/base/durations.ts'
import { adminCreate, adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { messagesOf, sentTo } from '../../support/self-service.ts'
import { goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const both = { email: 'ana@example.test', phone_number: '+15550001234' }
const byCode = { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } } }
const expired = {
  name: 'NotAuthorizedException',
  message: 'Temporary password has expired and must be reset by an administrator.',
}

for (const engine of engines) {
  describe(`Invitations on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are sent as text messages unless the request asks for e-mail', async () => {
      const { poolId } = await server().givenPool()
      await adminCreate(server(), poolId, 'ana', { attributes: both })
      await adminCreate(server(), poolId, 'bob', { attributes: both, DesiredDeliveryMediums: ['EMAIL'] })
      await adminCreate(server(), poolId, 'cid', { attributes: both, DesiredDeliveryMediums: ['SMS', 'EMAIL', 'SMS'] })
      await adminCreate(server(), poolId, 'dan', { attributes: { email: 'dan@example.test' }, DesiredDeliveryMediums: ['SMS'] })
      await adminCreate(server(), poolId, 'eve')
      await adminCreate(server(), poolId, 'fay', { attributes: both, MessageAction: 'SUPPRESS', DesiredDeliveryMediums: ['EMAIL'] })
      const sent = (await messagesOf(server(), poolId)).map(
        ({ username, trigger, channel, recipient }) => `${username} ${trigger} ${channel} ${recipient}`,
      )
      assert.deepEqual(sent.sort(), [
        'ana invitation sms +15550001234',
        'bob invitation email ana@example.test',
        'cid invitation email ana@example.test',
        'cid invitation sms +15550001234',
      ])
    })

    it('contain the username and the password: a random one that follows the pool’s policy and works, or the given one', async () => {
      const { poolId, clientId } = await server().givenPool({
        pool: {
          Policies: {
            PasswordPolicy: {
              MinimumLength: 20,
              RequireLowercase: true,
              RequireUppercase: true,
              RequireNumbers: true,
              RequireSymbols: true,
            },
          },
        },
      })
      await adminCreate(server(), poolId, 'ana', { attributes: both, DesiredDeliveryMediums: ['EMAIL'] })
      const [message] = await messagesOf(server(), poolId)
      const password = message?.code ?? ''
      assert.ok(password.length >= 20, password)
      assert.equal(message?.subject, 'Your temporary password')
      assert.equal(message?.text?.trim(), `Your username is ana and temporary password is ${password}.`)
      assert.equal((await signInByPassword(server(), clientId, 'ana', password)).ChallengeName, 'NEW_PASSWORD_REQUIRED')

      await adminCreate(server(), poolId, 'bob', { attributes: both, TemporaryPassword: '<Temporary> & given-1' })
      const given = (await messagesOf(server(), poolId)).at(-1)
      assert.equal(given?.code, '<Temporary> & given-1')
      assert.match(given?.text ?? '', /temporary password is <Temporary> & given-1\./)
    })

    it('use the pool’s template, with the address as the username where addresses are usernames', async () => {
      const InviteMessageTemplate = { EmailSubject: 'Welcome', EmailMessage: '<p>{username}: {####}</p>', SMSMessage: '{username}/{####}' }
      const { poolId } = await server().givenPool({
        pool: { UsernameAttributes: ['email'], AdminCreateUserConfig: { AllowAdminCreateUserOnly: true, InviteMessageTemplate } },
      })
      await adminCreate(server(), poolId, 'ana@example.test', { TemporaryPassword: 'Temporary-<1>', DesiredDeliveryMediums: ['EMAIL'] })
      const [message] = await messagesOf(server(), poolId)
      assert.equal(message?.subject, 'Welcome')
      assert.equal(message?.html, '<p>ana@example.test: Temporary-&lt;1&gt;</p>')
    })

    it('are not sent when the template has no placeholder for the password', async () => {
      const { poolId } = await server().givenPool({
        pool: { AdminCreateUserConfig: { InviteMessageTemplate: { EmailMessage: 'Welcome, {username}!' } } },
      })
      const user = await adminCreate(server(), poolId, 'ana', { attributes: both, DesiredDeliveryMediums: ['EMAIL'] })
      assert.equal(user.UserStatus, 'FORCE_CHANGE_PASSWORD')
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('contain another password when they are resent; the earlier password no longer works', async () => {
      const { poolId, clientId } = await server().givenPool()
      const first = await adminCreate(server(), poolId, 'ana', { attributes: both })
      server().clock.advance(1000)
      const again = await adminCreate(server(), poolId, 'ana', {
        MessageAction: 'RESEND',
        DesiredDeliveryMediums: ['EMAIL'],
        attributes: { name: 'Eve' },
      })
      assert.deepEqual(again.attributes, first.attributes)
      assert.deepEqual([again.UserStatus, again.UserCreateDate], ['FORCE_CHANGE_PASSWORD', first.UserCreateDate])
      assert.ok(Number(again.UserLastModifiedDate) > Number(first.UserLastModifiedDate))

      assert.deepEqual(await sentTo(server(), poolId), ['invitation +15550001234', 'invitation ana@example.test'])
      const [old, fresh] = (await messagesOf(server(), poolId)).map(({ code }) => code ?? '')
      assert.notEqual(old, fresh)
      await assert.rejects(signInByPassword(server(), clientId, 'ana', old), { name: 'NotAuthorizedException' })
      assert.equal((await signInByPassword(server(), clientId, 'ana', fresh)).ChallengeName, 'NEW_PASSWORD_REQUIRED')

      await adminCreate(server(), poolId, 'ana', { MessageAction: 'RESEND', TemporaryPassword: 'Given-again-1' })
      assert.equal((await signInByPassword(server(), clientId, 'ana', 'Given-again-1')).ChallengeName, 'NEW_PASSWORD_REQUIRED')
      assert.equal((await sentTo(server(), poolId)).length, 3)
      await assert.rejects(adminCreate(server(), poolId, 'ana', { MessageAction: 'RESEND', TemporaryPassword: 'weak' }), {
        name: 'InvalidPasswordException',
      })
      assert.equal((await sentTo(server(), poolId)).length, 3)
    })

    it('are resent only to an existing user who has not chosen a password', async () => {
      const { poolId } = await server().givenPool()
      const resend = (name: string) => adminCreate(server(), poolId, name, { MessageAction: 'RESEND' })
      await assert.rejects(resend('ana'), { name: 'UserNotFoundException', message: 'User does not exist.' })
      await adminCreate(server(), poolId, 'ana', { MessageAction: 'SUPPRESS', attributes: both })
      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: goodPassword, Permanent: true }))
      await assert.rejects(resend('ana'), {
        name: 'UnsupportedUserStateException',
        message: 'Resend not possible. ana status is not FORCE_CHANGE_PASSWORD',
      })
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('are not resent to a user of another pool', async () => {
      const { poolId } = await server().givenPool()
      const other = await server().givenPool()
      await adminCreate(server(), poolId, 'ana', { MessageAction: 'SUPPRESS', attributes: both })
      await assert.rejects(adminCreate(server(), other.poolId, 'ana', { MessageAction: 'RESEND' }), { name: 'UserNotFoundException' })
    })
  })

  describe(`Temporary passwords on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('expire after the days in the policy, counted again from a resent invitation or from another temporary password', async () => {
      const { poolId, clientId } = await server().givenPool({
        pool: { Policies: { PasswordPolicy: { MinimumLength: 8, TemporaryPasswordValidityDays: 2 } } },
      })
      const signIn = () => signInByPassword(server(), clientId, 'ana', 'temporary')
      await adminCreate(server(), poolId, 'ana', { TemporaryPassword: 'temporary', MessageAction: 'SUPPRESS' })
      server().clock.advance(2 * dayMs - 60_000)
      assert.equal((await signIn()).ChallengeName, 'NEW_PASSWORD_REQUIRED')
      server().clock.advance(120_000)
      await assert.rejects(signIn(), expired)
      await adminCreate(server(), poolId, 'ana', { MessageAction: 'RESEND', TemporaryPassword: 'temporary' })
      assert.equal((await signIn()).ChallengeName, 'NEW_PASSWORD_REQUIRED')
      server().clock.advance(3 * dayMs)
      await assert.rejects(signIn(), expired)
      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: 'temporary' }))
      assert.equal((await signIn()).ChallengeName, 'NEW_PASSWORD_REQUIRED')
    })

    it('expire after seven days without a setting in the policy', async () => {
      const { poolId, clientId } = await server().givenPool()
      await adminCreate(server(), poolId, 'ana', { TemporaryPassword: 'Temporary-1', MessageAction: 'SUPPRESS' })
      server().clock.advance(7 * dayMs - 60_000)
      await signInByPassword(server(), clientId, 'ana', 'Temporary-1')
      server().clock.advance(120_000)
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Temporary-1'), expired)
    })
  })

  describe(`Users without a password on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are confirmed at once if they can sign in with a code, and their invitation mentions no password', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: byCode })
      for (const [name, TemporaryPassword] of [
        ['ana', undefined],
        ['bob', ''],
      ] as const) {
        const user = await adminCreate(server(), poolId, name, { TemporaryPassword, attributes: both, DesiredDeliveryMediums: ['EMAIL'] })
        assert.equal(user.UserStatus, 'CONFIRMED')
        const message = (await messagesOf(server(), poolId)).at(-1)
        assert.equal(message?.text?.trim(), `Your username is ${name}.`)
        assert.equal(message?.code, null)
        await assert.rejects(signInByPassword(server(), clientId, name), { name: 'NotAuthorizedException' })
      }
      const given = await adminCreate(server(), poolId, 'cid', { TemporaryPassword: 'Temporary-1', attributes: both })
      assert.equal(given.UserStatus, 'FORCE_CHANGE_PASSWORD')
    })

    it('must have all required attributes, because no sign-in asks for them', async () => {
      const { poolId } = await server().givenPool({ pool: { ...byCode, Schema: [{ Name: 'family_name', Required: true }] } })
      await assert.rejects(adminCreate(server(), poolId, 'ana', { attributes: both }), {
        name: 'InvalidParameterException',
        message: 'Attributes did not conform to the schema: family_name: The attribute is required\n',
      })
      await assert.rejects(adminGet(server(), poolId, 'ana'), { name: 'UserNotFoundException' })
      assert.deepEqual(await sentTo(server(), poolId), [])
      assert.equal((await adminCreate(server(), poolId, 'ana', { attributes: { family_name: 'A' } })).UserStatus, 'CONFIRMED')
    })
  })
}
