import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { attributeList } from '../../support/self-service.ts'
import { givenUser, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { recordedCalls } from './audited-calls.ts'

const ana = 'ana'

for (const engine of engines) {
  describe(`Audit records of users and groups on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { recordOf, changed } = recordedCalls(server)

    it('name the user and the members of the user that an administrator changed, and contain none of the new values', async () => {
      const { poolId: UserPoolId } = await server().givenPool()
      const user = { UserPoolId, Username: ana }
      const texts: string[] = []
      async function changedBy(operation: string, members: object = {}) {
        const { facts, text } = await recordOf(operation, { ...user, ...members })
        texts.push(text)
        assert.deepEqual([facts.Subject, facts.Username], [sub, ana])
        return facts.ChangedMembers
      }
      const created = await recordOf('AdminCreateUser', { ...user, TemporaryPassword: 'Secret-horse-1' })
      const { Attributes } = created.body['User'] as { Attributes: { Name: string; Value: string }[] }
      const sub = Attributes.find(({ Name }) => Name === 'sub')?.Value
      assert.deepEqual(created.facts, { UserPoolId, Subject: sub, Username: ana, ChangedMembers: undefined, Detail: undefined })
      texts.push(created.text)

      const invited = await recordOf('AdminCreateUser', { ...user, TemporaryPassword: 'Secret-horse-2', MessageAction: 'RESEND' })
      assert.deepEqual(invited.facts, { ...created.facts, ChangedMembers: ['Password'], Detail: 'action: RESEND' })
      texts.push(invited.text)
      assert.deepEqual(await changedBy('AdminSetUserPassword', { Password: 'Secret-horse-3', Permanent: true }), ['Password', 'UserStatus'])
      const UserAttributes = attributeList({ email: 'secret@example.test', email_verified: 'true', nickname: 'secret' })
      const attributes = ['UserAttributes.email', 'UserAttributes.email_verified', 'UserAttributes.nickname']
      assert.deepEqual(await changedBy('AdminUpdateUserAttributes', { UserAttributes }), attributes)
      assert.deepEqual(await changedBy('AdminUpdateUserAttributes', { UserAttributes }), [])
      assert.deepEqual(await changedBy('AdminDeleteUserAttributes', { UserAttributeNames: ['nickname'] }), ['UserAttributes.nickname'])
      assert.deepEqual(await changedBy('AdminDisableUser'), ['Enabled'])
      assert.deepEqual(await changedBy('AdminEnableUser'), ['Enabled'])
      assert.deepEqual(await changedBy('AdminEnableUser'), [])
      assert.deepEqual(await changedBy('AdminResetUserPassword'), ['UserStatus'])
      assert.equal(await changedBy('AdminDeleteUser'), undefined)
      for (const text of texts) assert.ok(!/secret/i.test(text), text)
    })

    it('name the changed MFA settings of a user', async () => {
      const { poolId: UserPoolId } = await server().givenPool()
      const SmsConfiguration = { SnsCallerArn: 'arn:aws:iam::123456789012:role/sms' }
      await recordOf('SetUserPoolMfaConfig', { UserPoolId, MfaConfiguration: 'OPTIONAL', SmsMfaConfiguration: { SmsConfiguration } })
      await givenUser(server(), UserPoolId, ana, { attributes: attributeList({ phone_number: '+15551234444' }) })
      const user = { UserPoolId, Username: ana }
      const SMSMfaSettings = { Enabled: true, PreferredMfa: true }
      assert.deepEqual(await changed('AdminSetUserMFAPreference', { ...user, SMSMfaSettings }), [
        'PreferredMfaSetting',
        'UserMFASettingList',
      ])
      const MFAOptions = [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }]
      assert.deepEqual(await changed('AdminSetUserSettings', { ...user, MFAOptions }), ['MFAOptions'])
    })

    it('name an address that is stored only once it is verified', async () => {
      const pool = { AutoVerifiedAttributes: ['email'] as 'email'[] }
      const UserAttributeUpdateSettings = { AttributesRequireVerificationBeforeUpdate: ['email'] as 'email'[] }
      const { poolId: UserPoolId } = await server().givenPool({ pool: { ...pool, UserAttributeUpdateSettings } })
      await givenUser(server(), UserPoolId, ana, { attributes: attributeList({ email: 'a@example.test', email_verified: 'true' }) })
      const UserAttributes = attributeList({ email: 'b@example.test' })
      const { facts } = await recordOf('AdminUpdateUserAttributes', { UserPoolId, Username: ana, UserAttributes })
      assert.deepEqual([facts.ChangedMembers, facts.Detail], [[], 'to verify: email'])
    })

    it('name the user and the device of a changed or forgotten device', async () => {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: true }
      const { poolId: UserPoolId, clientId } = await server().givenPool({ pool: { DeviceConfiguration } })
      await givenUser(server(), UserPoolId, ana)
      const { AuthenticationResult: tokens } = await signInByPassword(server(), clientId, ana)
      const DeviceKey = tokens?.NewDeviceMetadata?.DeviceKey
      const device = { UserPoolId, Username: ana, DeviceKey }
      await rawCall(server(), 'ConfirmDevice', { AccessToken: tokens?.AccessToken, DeviceKey })
      const remember = { ...device, DeviceRememberedStatus: 'remembered' }
      assert.deepEqual(await changed('AdminUpdateDeviceStatus', remember), ['DeviceRememberedStatus'])
      assert.deepEqual(await changed('AdminUpdateDeviceStatus', remember), [])
      const { facts } = await recordOf('AdminForgetDevice', device)
      assert.deepEqual([facts.Username, facts.Detail], [ana, `device: ${DeviceKey}`])
    })

    it('name the changed members of a group, and the group that a user joins or leaves', async () => {
      const { poolId: UserPoolId } = await server().givenPool()
      await givenUser(server(), UserPoolId, ana)
      const group = { UserPoolId, GroupName: 'admins' }
      const aboutGroup = { UserPoolId, Subject: 'admins', ChangedMembers: undefined, Detail: undefined }
      assert.deepEqual((await recordOf('CreateGroup', { ...group, Precedence: 5 })).facts, aboutGroup)
      assert.deepEqual(await changed('UpdateGroup', { ...group, Description: 'All', Precedence: 5 }), ['Description'])
      for (const operation of ['AdminAddUserToGroup', 'AdminRemoveUserFromGroup', 'AdminRemoveUserFromGroup']) {
        const { facts } = await recordOf(operation, { ...group, Username: ana })
        assert.deepEqual([facts.Username, facts.Detail], [ana, 'group: admins'])
      }
      assert.deepEqual((await recordOf('DeleteGroup', group)).facts, aboutGroup)
    })
  })
}
