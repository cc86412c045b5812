import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteSoftwareTokenCommand,
  AdminGetUserAuthFactorsCommand,
  AdminSetUserSettingsCommand,
  GetUserAuthFactorsCommand,
  GetUserCommand,
  ListUsersCommand,
  type MFAOptionType,
  SetUserMFAPreferenceCommand,
  type SetUserMFAPreferenceCommandInput,
  SetUserSettingsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { type FactorName, giveAttributes, givenMfaPool, prefer, registerApp, setMfa } from '../../support/mfa.ts'
import { attributeList } from '../../support/self-service.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'

const contacts = { email: 'ana@example.test', phone_number: '+15551234444' }
const notAvailable = (method: string) => ({
  name: 'InvalidParameterException',
  message: `User does not have delivery config set to turn on ${method}`,
})
const sms: MFAOptionType[] = [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }]
const on = { Enabled: true }
const off = { Enabled: false }
const preferred = { Enabled: true, PreferredMfa: true }

for (const engine of engines) {
  describe(`MFA preferences on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna({ factors = ['sms', 'totp', 'email'], ...poolOptions }: TestPoolOptions & { factors?: FactorName[] } = {}) {
      const ids = await givenMfaPool(server(), 'OPTIONAL', factors, poolOptions)
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList(contacts) })
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      return { ...ids, accessToken }
    }

    const set = (AccessToken: string, settings: Partial<SetUserMFAPreferenceCommandInput>) =>
      server().send(new SetUserMFAPreferenceCommand({ AccessToken, ...settings }))

    /** The preferences that GetUser shows. Checks that AdminGetUser shows the same. */
    async function shownPreferences(poolId: string, accessToken: string) {
      const {
        UserMFASettingList: list,
        PreferredMfaSetting: first,
        MFAOptions,
      } = await server().send(new GetUserCommand({ AccessToken: accessToken }))
      const admin = await adminGet(server(), poolId, 'ana')
      assert.deepEqual([admin.UserMFASettingList, admin.PreferredMfaSetting, admin.MFAOptions], [list, first, MFAOptions])
      return { list, first }
    }

    it('are left out until a method is activated, and shown as an empty list once all methods are deactivated', async () => {
      const { poolId, accessToken } = await givenAna()
      const members = ['UserMFASettingList', 'PreferredMfaSetting', 'MFAOptions']
      const present = async () => {
        const user = await server().send(new GetUserCommand({ AccessToken: accessToken }))
        const admin = await adminGet(server(), poolId, 'ana')
        const factors = await server().send(new GetUserAuthFactorsCommand({ AccessToken: accessToken }))
        for (const answer of [user, factors]) assert.deepEqual(answer.UserMFASettingList, admin.UserMFASettingList)
        for (const answer of [user, admin])
          assert.deepEqual(
            members.filter((member) => member in answer),
            admin.UserMFASettingList === undefined ? [] : ['UserMFASettingList'],
          )
        return admin.UserMFASettingList
      }
      assert.equal(await present(), undefined)
      await set(accessToken, { SMSMfaSettings: off })
      assert.equal(await present(), undefined)
      await set(accessToken, { SMSMfaSettings: preferred })
      await set(accessToken, { SMSMfaSettings: off })
      assert.deepEqual(await present(), [])
      await registerApp(server(), accessToken)
      await set(accessToken, { SoftwareTokenMfaSettings: preferred })
      await set(accessToken, { SoftwareTokenMfaSettings: off })
      assert.deepEqual(await present(), [])
    })

    it('are changed method by method; a preferred method is activated too, and only one is preferred', async () => {
      const { poolId, accessToken } = await givenAna()
      await set(accessToken, { EmailMfaSettings: on })
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: ['EMAIL_OTP'], first: undefined })
      await set(accessToken, { SMSMfaSettings: { PreferredMfa: true } })
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: ['SMS_MFA', 'EMAIL_OTP'], first: 'SMS_MFA' })
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { PreferredMfa: true } })
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: ['SMS_MFA', 'EMAIL_OTP'], first: 'EMAIL_OTP' })
      await set(accessToken, { SMSMfaSettings: on, EmailMfaSettings: on })
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: ['SMS_MFA', 'EMAIL_OTP'], first: 'EMAIL_OTP' })
      await set(accessToken, { EmailMfaSettings: { Enabled: true, PreferredMfa: false } })
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: ['SMS_MFA', 'EMAIL_OTP'], first: undefined })
      await set(accessToken, { SMSMfaSettings: preferred })
      await set(accessToken, { SMSMfaSettings: off })
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: ['EMAIL_OTP'], first: undefined })
      await set(accessToken, {})
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: ['EMAIL_OTP'], first: undefined })
    })

    it('are not changed by a request that prefers two methods', async () => {
      const { poolId, accessToken } = await givenAna()
      const both = { SMSMfaSettings: preferred, EmailMfaSettings: preferred }
      const two = { name: 'InvalidParameterException', message: 'Only one MFA method can be preferred.' }
      await assert.rejects(set(accessToken, both), two)
      await assert.rejects(prefer(server(), poolId, 'ana', both), two)
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: undefined, first: undefined })
    })

    it('accept a method only if the pool offers it and the user has the address or app that it needs', async () => {
      const { poolId, accessToken } = await givenAna()
      const attempts = {
        SMS_MFA: { SMSMfaSettings: on },
        SOFTWARE_TOKEN_MFA: { SoftwareTokenMfaSettings: on },
        EMAIL_OTP: { EmailMfaSettings: preferred },
      }
      await assert.rejects(set(accessToken, attempts.SOFTWARE_TOKEN_MFA), notAvailable('SOFTWARE_TOKEN_MFA'))
      await giveAttributes(server(), poolId, 'ana', { email: '', phone_number: '' })
      for (const [method, settings] of Object.entries(attempts)) {
        await assert.rejects(set(accessToken, settings), notAvailable(method))
        await assert.rejects(prefer(server(), poolId, 'ana', settings), notAvailable(method))
      }
      const otherPool = await givenAna({ factors: ['totp'] })
      await assert.rejects(set(otherPool.accessToken, attempts.SMS_MFA), notAvailable('SMS_MFA'))
      await assert.rejects(set(otherPool.accessToken, attempts.EMAIL_OTP), notAvailable('EMAIL_OTP'))
      await registerApp(server(), otherPool.accessToken)
      await set(otherPool.accessToken, attempts.SOFTWARE_TOKEN_MFA)
      await setMfa(server(), otherPool.poolId, 'OPTIONAL', ['sms'])
      await assert.rejects(set(otherPool.accessToken, attempts.SOFTWARE_TOKEN_MFA), notAvailable('SOFTWARE_TOKEN_MFA'))
      await set(otherPool.accessToken, { SoftwareTokenMfaSettings: off })
      assert.deepEqual(await shownPreferences(otherPool.poolId, otherPool.accessToken), { list: [], first: undefined })
    })

    it('no longer include the authenticator app after an administrator deleted it', async () => {
      const { poolId, accessToken } = await givenAna()
      await registerApp(server(), accessToken)
      await set(accessToken, { SoftwareTokenMfaSettings: preferred, SMSMfaSettings: on })
      const deletion = new AdminDeleteSoftwareTokenCommand({ UserPoolId: poolId, Username: 'ana' })
      await server().send(deletion)
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: ['SMS_MFA'], first: undefined })
      await assert.rejects(set(accessToken, { SoftwareTokenMfaSettings: on }), notAvailable('SOFTWARE_TOKEN_MFA'))
      await server().send(deletion)
      await registerApp(server(), accessToken)
      await set(accessToken, { SoftwareTokenMfaSettings: on })
      const ofUnknownUser = new AdminDeleteSoftwareTokenCommand({ UserPoolId: poolId, Username: 'nobody' })
      await assert.rejects(server().send(ofUnknownUser), { name: 'UserNotFoundException' })
    })

    it('belong to one user of one pool', async () => {
      const { poolId, accessToken } = await givenAna()
      const other = await givenAna()
      await givenUser(server(), poolId, 'ben', { attributes: attributeList(contacts) })
      await prefer(server(), poolId, 'ben', { SMSMfaSettings: on })
      assert.deepEqual(await shownPreferences(poolId, accessToken), { list: undefined, first: undefined })
      assert.deepEqual(await shownPreferences(other.poolId, other.accessToken), { list: undefined, first: undefined })
      await assert.rejects(prefer(server(), other.poolId, 'ben', { SMSMfaSettings: on }), { name: 'UserNotFoundException' })
    })

    it('include codes by SMS after the older operation SetUserSettings; MFAOptions then shows these codes', async () => {
      const { poolId, accessToken } = await givenAna()
      const settings = (MFAOptions: MFAOptionType[]) => server().send(new SetUserSettingsCommand({ AccessToken: accessToken, MFAOptions }))
      const byAdmin = (MFAOptions: MFAOptionType[]) =>
        server().send(new AdminSetUserSettingsCommand({ UserPoolId: poolId, Username: 'ana', MFAOptions }))
      const options = async () => {
        const { Users } = await server().send(new ListUsersCommand({ UserPoolId: poolId }))
        const admin = await adminGet(server(), poolId, 'ana')
        const { MFAOptions } = await server().send(new GetUserCommand({ AccessToken: accessToken }))
        assert.deepEqual([admin.MFAOptions, Users?.[0]?.MFAOptions], [MFAOptions, MFAOptions])
        return MFAOptions
      }
      for (const change of [settings, byAdmin]) {
        await change(sms)
        assert.deepEqual([await options(), (await shownPreferences(poolId, accessToken)).list], [sms, ['SMS_MFA']])
        await change([])
        assert.deepEqual([await options(), (await shownPreferences(poolId, accessToken)).list], [undefined, []])
        for (const wrong of [[{ DeliveryMedium: 'EMAIL' as const, AttributeName: 'email' }], [{}], [...sms, ...sms]])
          await assert.rejects(change(wrong), { name: 'InvalidParameterException' })
      }
      await settings(sms)
      await set(accessToken, { SMSMfaSettings: off })
      assert.equal(await options(), undefined)
      await giveAttributes(server(), poolId, 'ana', { phone_number: '' })
      await assert.rejects(byAdmin(sms), notAvailable('SMS_MFA'))
    })

    it('are shown by GetUserAuthFactors, together with the configured factors', async () => {
      const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } }
      const { poolId, accessToken } = await givenAna({ pool: { Policies } })
      const factors = async () => {
        const { $metadata, ...own } = await server().send(new GetUserAuthFactorsCommand({ AccessToken: accessToken }))
        const query = new AdminGetUserAuthFactorsCommand({ UserPoolId: poolId, Username: 'ana' })
        const { $metadata: _, ...admins } = await server().send(query)
        assert.deepEqual(admins, own)
        return own
      }
      assert.deepEqual(await factors(), { Username: 'ana', ConfiguredUserAuthFactors: ['PASSWORD', 'EMAIL_OTP'] })
      await registerApp(server(), accessToken)
      await set(accessToken, { SMSMfaSettings: preferred })
      assert.deepEqual(await factors(), {
        Username: 'ana',
        PreferredMfaSetting: 'SMS_MFA',
        UserMFASettingList: ['SMS_MFA'],
        ConfiguredUserAuthFactors: ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'SOFTWARE_TOKEN'],
      })
    })
  })
}
