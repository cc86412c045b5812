import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteSoftwareTokenCommand,
  AdminDisableUserCommand,
  AdminUserGlobalSignOutCommand,
  DeleteUserAttributesCommand,
  SetUserMFAPreferenceCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { deleteByAdmin, keepDeletedUsers, restoreUser, rowsOfUser, sweepAll } from '../../../support/deleted-users.ts'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { giveAttributes, prefer, registerApp, setMfa } from '../../../support/mfa.ts'
import {
  createCodes,
  givenCodes,
  givenRecoveryPool,
  setRecoveryCodes,
  signInByCode,
  statusOf,
  wrongCode,
} from '../../../support/recovery-codes.ts'
import { sentTo } from '../../../support/self-service.ts'
import { claimsOf, givenTokens, givenUser } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'

const off = { name: 'InvalidParameterException', message: 'Recovery codes are not turned on for the user pool.' }
const noFactor = {
  name: 'InvalidParameterException',
  message: 'Recovery codes are for users with a second factor. Set up MFA for the user first.',
}

for (const engine of engines) {
  describe(`The recovery codes of a user on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are ten different ones of ten clear characters, which only the answer that makes them shows', async () => {
      const ids = await givenRecoveryPool(server())
      const { accessToken, codes } = await givenCodes(server(), ids)
      assert.equal(new Set(codes).size, 10)
      for (const code of codes) assert.match(code, /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/)
      const status = await callLifeguard(server(), 'GetRecoveryCodeStatus', { AccessToken: accessToken })
      assert.deepEqual(status, { Remaining: 10, CreatedAt: server().clock.now() / 1000 })
      assert.deepEqual(await statusOf(server(), ids.poolId), status)
      assert.deepEqual(await sentTo(server(), ids.poolId), [])
    })

    it('are counted as they are used, and replaced by new ones', async () => {
      const ids = await givenRecoveryPool(server())
      const { accessToken, codes } = await givenCodes(server(), ids)
      const [first = '', second = ''] = codes
      await signInByCode(server(), ids.clientId, first)
      assert.equal((await statusOf(server(), ids.poolId)).Remaining, 9)
      const renewed = await createCodes(server(), accessToken)
      assert.equal((await statusOf(server(), ids.poolId)).Remaining, 10)
      await assert.rejects(signInByCode(server(), ids.clientId, second), wrongCode)
      for (const code of renewed) assert.ok((await signInByCode(server(), ids.clientId, code)).AuthenticationResult?.AccessToken)
      const { Remaining, CreatedAt } = await statusOf(server(), ids.poolId)
      assert.deepEqual([Remaining, typeof CreatedAt], [0, 'number'])
    })

    it('are off by default, and no use while they are off', async () => {
      const ids = await givenRecoveryPool(server())
      const { accessToken, codes } = await givenCodes(server(), ids)
      await setRecoveryCodes(server(), ids.poolId, false)
      await assert.rejects(createCodes(server(), accessToken), off)
      // As at Cognito, a key that the challenge does not know is ignored.
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter SOFTWARE_TOKEN_MFA_CODE' }
      await assert.rejects(signInByCode(server(), ids.clientId, codes[0] ?? ''), missing)
      await setRecoveryCodes(server(), ids.poolId, true)
      await signInByCode(server(), ids.clientId, codes[0] ?? '')
      const other = await server().givenPool()
      const { RecoveryCodes } = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: other.poolId })
      assert.deepEqual(RecoveryCodes, { Enabled: false })
    })

    it('need a second factor that a sign-in asks for', async () => {
      const ids = await givenRecoveryPool(server(), ['totp', 'sms'])
      await givenUser(server(), ids.poolId, 'ana')
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      await assert.rejects(createCodes(server(), accessToken), noFactor)
      await registerApp(server(), accessToken)
      await assert.rejects(createCodes(server(), accessToken), noFactor)
      await prefer(server(), ids.poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      await createCodes(server(), accessToken)
      await setMfa(server(), ids.poolId, 'OFF')
      await assert.rejects(createCodes(server(), accessToken), noFactor)
      assert.equal((await statusOf(server(), ids.poolId)).Remaining, 10)
      await setMfa(server(), ids.poolId, 'ON', ['totp'])
      await createCodes(server(), accessToken)
    })

    it('go with the last second factor, and only with the last', async () => {
      const ids = await givenRecoveryPool(server(), ['totp', 'sms'])
      const { accessToken: AccessToken } = await givenCodes(server(), ids)
      await giveAttributes(server(), ids.poolId, 'ana', { phone_number: '+15551234444' })
      const phone = { SMSMfaSettings: { Enabled: true } }
      const app = { SoftwareTokenMfaSettings: { Enabled: true } }
      const noApp = { SoftwareTokenMfaSettings: { Enabled: false } }
      const ways = [
        () => server().send(new SetUserMFAPreferenceCommand({ AccessToken, SMSMfaSettings: { Enabled: false } })),
        () => prefer(server(), ids.poolId, 'ana', { SMSMfaSettings: { Enabled: false } }),
        () => server().send(new DeleteUserAttributesCommand({ AccessToken, UserAttributeNames: ['phone_number'] })),
      ]
      for (const takeAway of ways) {
        await giveAttributes(server(), ids.poolId, 'ana', { phone_number: '+15551234444' })
        await prefer(server(), ids.poolId, 'ana', { ...phone, ...app })
        await createCodes(server(), AccessToken)
        await prefer(server(), ids.poolId, 'ana', noApp)
        assert.equal((await statusOf(server(), ids.poolId)).Remaining, 10)
        await takeAway()
        assert.deepEqual(await statusOf(server(), ids.poolId), { Remaining: 0 })
      }
    })

    it('go when an administrator deletes the only authenticator app, in a pool that requires MFA as well', async () => {
      for (const mode of ['OPTIONAL', 'ON'] as const) {
        const ids = await givenRecoveryPool(server())
        await givenCodes(server(), ids)
        await setMfa(server(), ids.poolId, mode, ['totp'])
        await server().send(new AdminDeleteSoftwareTokenCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
        assert.deepEqual(await statusOf(server(), ids.poolId), { Remaining: 0 }, mode)
      }
    })

    it('go when an administrator deletes them, which is no error without codes', async () => {
      const ids = await givenRecoveryPool(server())
      const { codes } = await givenCodes(server(), ids)
      const user = { UserPoolId: ids.poolId, Username: 'ana' }
      for (let time = 0; time < 2; time++) assert.deepEqual(await callLifeguard(server(), 'AdminDeleteRecoveryCodes', user), {})
      assert.deepEqual(await statusOf(server(), ids.poolId), { Remaining: 0 })
      await assert.rejects(signInByCode(server(), ids.clientId, codes[0] ?? ''), wrongCode)
      const unknown = { name: 'UserNotFoundException' }
      await assert.rejects(callLifeguard(server(), 'AdminDeleteRecoveryCodes', { ...user, Username: 'nobody' }), unknown)
      await assert.rejects(statusOf(server(), ids.poolId, 'nobody'), unknown)
    })

    it('are not made for a token of a user who was signed out or disabled', async () => {
      const ids = await givenRecoveryPool(server())
      const { accessToken } = await givenCodes(server(), ids)
      const user = { UserPoolId: ids.poolId, Username: 'ana' }
      await server().send(new AdminDisableUserCommand(user))
      await assert.rejects(createCodes(server(), accessToken), { message: 'User is disabled.' })
      await server().send(new AdminUserGlobalSignOutCommand(user))
      await assert.rejects(callLifeguard(server(), 'GetRecoveryCodeStatus', { AccessToken: accessToken }), {
        name: 'NotAuthorizedException',
      })
    })

    it('are deleted with the user, and come back with a user who is restored', async () => {
      const ids = await givenRecoveryPool(server())
      await keepDeletedUsers(server(), ids.poolId, 30)
      const { accessToken, codes } = await givenCodes(server(), ids)
      const { sub } = claimsOf(accessToken) as { sub: string }
      await signInByCode(server(), ids.clientId, codes[0] ?? '')
      await deleteByAdmin(server(), ids.poolId, 'ana')
      assert.equal((await rowsOfUser(server(), sub))['recovery_code_set'], undefined)
      await restoreUser(server(), ids.poolId, sub)
      assert.equal((await statusOf(server(), ids.poolId)).Remaining, 9)
      await assert.rejects(signInByCode(server(), ids.clientId, codes[0] ?? ''), wrongCode)
      await signInByCode(server(), ids.clientId, codes[1] ?? '')
      await keepDeletedUsers(server(), ids.poolId, 0)
      await deleteByAdmin(server(), ids.poolId, 'ana')
      await sweepAll(server())
      assert.equal((await rowsOfUser(server(), sub))['recovery_code_set'], undefined)
    })

    it('stay those of the user into whom another user with codes is merged', async () => {
      const ids = await givenRecoveryPool(server())
      const { codes } = await givenCodes(server(), ids)
      const merged = await givenCodes(server(), ids, 'ben')
      await callLifeguard(server(), 'MergeUsers', { UserPoolId: ids.poolId, Username: 'ana', MergedUsername: 'ben' })
      assert.equal((await statusOf(server(), ids.poolId)).Remaining, 10)
      await assert.rejects(signInByCode(server(), ids.clientId, merged.codes[0] ?? ''), wrongCode)
      await signInByCode(server(), ids.clientId, codes[0] ?? '')
    })
  })
}
