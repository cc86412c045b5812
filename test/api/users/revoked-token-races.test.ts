import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminListDevicesCommand,
  AssociateSoftwareTokenCommand,
  ChangePasswordCommand,
  DeleteUserAttributesCommand,
  DeleteUserCommand,
  ForgetDeviceCommand,
  GetUserAttributeVerificationCodeCommand,
  RevokeTokenCommand,
  SetUserMFAPreferenceCommand,
  SetUserSettingsCommand,
  UpdateDeviceStatusCommand,
  UpdateUserAttributesCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminGet } from '../../support/administration.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { givenMfaPool, prefer } from '../../support/mfa.ts'
import { PostgresStage, postgresOnly, skipWithoutPostgres } from '../../support/postgres-stage.ts'
import { setRecoveryCodes, statusOf } from '../../support/recovery-codes.ts'
import { attributeList } from '../../support/self-service.ts'
import { givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { confirmOffered } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'
import { rename, setUsernames } from '../../support/usernames.ts'
import { listAsAdmin, listOwn, revokeOwn, signIn, track } from '../tokens/sessions/session-calls.ts'

const pool = {
  AutoVerifiedAttributes: ['email' as const],
  DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false },
}
const contacts = { email: 'ana@example.test', phone_number: '+15551234444', name: 'Ana' }
const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }

describe('an access token that is revoked while the operation waits for the row of the user, on PostgreSQL', {
  skip: skipWithoutPostgres,
}, () => {
  const server = useTestServer(postgresOnly)

  /** A user with everything that the operations change. `other` is another session of the user. */
  async function given() {
    const ids = await givenMfaPool(server(), 'OPTIONAL', ['sms', 'totp', 'email'], { pool })
    await track(server(), ids.poolId)
    await setUsernames(server(), ids.poolId, { ChangeableBy: 'USERS' })
    await setRecoveryCodes(server(), ids.poolId, true)
    const { sub } = await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList(contacts) })
    const result = (await signInByPassword(server(), ids.clientId, 'ana')).AuthenticationResult ?? {}
    const { device } = await confirmOffered(server(), result)
    const other = (await signIn(server(), ids.clientId)).id
    await prefer(server(), ids.poolId, 'ana', { EmailMfaSettings: { Enabled: true } })
    return { ...ids, sub, token: result.AccessToken ?? '', refreshToken: result.RefreshToken ?? '', deviceKey: device.key, other }
  }
  type Given = Awaited<ReturnType<typeof given>>

  const operations: Readonly<Record<string, (at: Given) => Promise<unknown>>> = {
    AssociateSoftwareToken: ({ token }) => server().send(new AssociateSoftwareTokenCommand({ AccessToken: token })),
    ChangePassword: ({ token }) =>
      server().send(new ChangePasswordCommand({ AccessToken: token, PreviousPassword: goodPassword, ProposedPassword: 'Another-horse-8' })),
    ChangeUsername: ({ token }) => rename(server(), token, 'ana.lind'),
    CreateRecoveryCodes: ({ token }) => callLifeguard(server(), 'CreateRecoveryCodes', { AccessToken: token }),
    DeleteUser: ({ token }) => server().send(new DeleteUserCommand({ AccessToken: token })),
    DeleteUserAttributes: ({ token }) =>
      server().send(new DeleteUserAttributesCommand({ AccessToken: token, UserAttributeNames: ['name'] })),
    ForgetDevice: ({ token, deviceKey }) => server().send(new ForgetDeviceCommand({ AccessToken: token, DeviceKey: deviceKey })),
    GetUserAttributeVerificationCode: ({ token }) =>
      server().send(new GetUserAttributeVerificationCodeCommand({ AccessToken: token, AttributeName: 'email' })),
    RevokeUserSession: ({ token, other }) => revokeOwn(server(), token, other),
    SetUserMFAPreference: ({ token }) =>
      server().send(new SetUserMFAPreferenceCommand({ AccessToken: token, EmailMfaSettings: { Enabled: false } })),
    SetUserSettings: ({ token }) =>
      server().send(
        new SetUserSettingsCommand({ AccessToken: token, MFAOptions: [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }] }),
      ),
    UpdateDeviceStatus: ({ token, deviceKey }) =>
      server().send(new UpdateDeviceStatusCommand({ AccessToken: token, DeviceKey: deviceKey, DeviceRememberedStatus: 'not_remembered' })),
    UpdateUserAttributes: ({ token }) =>
      server().send(new UpdateUserAttributesCommand({ AccessToken: token, UserAttributes: attributeList({ name: 'Eve' }) })),
  }

  /** What the operations would change. */
  async function stateOf({ poolId, other }: Given) {
    const { Devices } = await server().send(new AdminListDevicesCommand({ UserPoolId: poolId, Username: 'ana' }))
    const sessions = (await listAsAdmin(server(), poolId)).map(({ SessionId }) => SessionId)
    const { Remaining } = await statusOf(server(), poolId)
    return { user: await adminGet(server(), poolId, 'ana'), Devices, hasOther: sessions.includes(other), Remaining }
  }

  for (const [name, call] of Object.entries(operations)) {
    it(`has no effect in ${name}`, async () => {
      const at = await given()
      const before = await stateOf(at)
      await using stage = await PostgresStage.open(server())
      await stage.holdUser(at.sub, 'change')
      const refused = assert.rejects(call(at), revoked)
      await stage.waiting(1)
      await server().send(new RevokeTokenCommand({ ClientId: at.clientId, Token: at.refreshToken }))
      await stage.release()
      await refused
      assert.deepEqual(await stateOf(at), before)
    })
  }

  it('leaves one of two sessions that revoke each other', async () => {
    const ids = await givenMfaPool(server(), 'OPTIONAL', ['email'])
    await track(server(), ids.poolId)
    const { sub } = await givenUser(server(), ids.poolId, 'ana')
    const [one, two] = [await signIn(server(), ids.clientId), await signIn(server(), ids.clientId)]
    await using stage = await PostgresStage.open(server())
    await stage.holdUser(sub, 'change')
    const both = Promise.allSettled([revokeOwn(server(), one.accessToken, two.id), revokeOwn(server(), two.accessToken, one.id)])
    await stage.waiting(2)
    await stage.release()
    const winners = (await both).flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))
    assert.equal(winners.length, 1)
    const winner = winners[0] === 0 ? one : two
    assert.deepEqual(
      (await listOwn(server(), winner.accessToken)).map(({ SessionId }) => SessionId),
      [winner.id],
    )
  })
})
