import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminForgetDeviceCommand,
  AdminListDevicesCommand,
  AdminUserGlobalSignOutCommand,
  ForgetDeviceCommand,
  GlobalSignOutCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { PostgresStage, postgresOnly, skipWithoutPostgres } from '../../support/postgres-stage.ts'
import { givenUser, signInByPassword } from '../../support/sign-in.ts'
import { answerDevicePassword, answerDeviceSrp, confirmOffered, signInOnDevice } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'

const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }
const tracking = { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false } }

/**
 * Whether the request was fulfilled or rejected. Call it at once: `request` may be rejected while the test waits for something else, and
 * Node would report that as unhandled.
 */
const outcomeOf = async (request: Promise<unknown>) => (await Promise.allSettled([request]))[0].status

describe('ConfirmDevice in a race, on PostgreSQL', { skip: skipWithoutPostgres }, () => {
  const server = useTestServer(postgresOnly)

  async function givenSignIn() {
    const { poolId, clientId } = await server().givenPool({ pool: tracking })
    const { sub } = await givenUser(server(), poolId, 'ana')
    const result = (await signInByPassword(server(), clientId, 'ana')).AuthenticationResult ?? {}
    return { poolId, clientId, sub, result, admin: { UserPoolId: poolId, Username: 'ana' } }
  }

  async function givenDevice() {
    const signIn = await givenSignIn()
    const { device } = await confirmOffered(server(), signIn.result)
    const { result, admin } = signIn
    const forgets = {
      ForgetDevice: () => server().send(new ForgetDeviceCommand({ AccessToken: result.AccessToken, DeviceKey: device.key })),
      AdminForgetDevice: () => server().send(new AdminForgetDeviceCommand({ ...admin, DeviceKey: device.key })),
    }
    return { ...signIn, device, forgets }
  }

  for (const operation of ['ForgetDevice', 'AdminForgetDevice'] as const) {
    it(`does not confirm a device again, whether it runs just before or just after ${operation}`, async () => {
      for (const confirmsFirst of [true, false]) {
        const { sub, result, forgets } = await givenDevice()
        await using stage = await PostgresStage.open(server())
        await stage.holdUser(sub, 'change')
        const confirm = () => confirmOffered(server(), result)
        const [first, second] = confirmsFirst ? [confirm, forgets[operation]] : [forgets[operation], confirm]
        const one = outcomeOf(first())
        await stage.settledOrWaiting(one, 0)
        const other = outcomeOf(second())
        await stage.settledOrWaiting(other, 1)
        await stage.release()
        const [confirmed, forgotten] = await Promise.all(confirmsFirst ? [one, other] : [other, one])
        assert.deepEqual([confirmed, forgotten], ['rejected', 'fulfilled'])
        assert.equal((await stage.rowsAbout(sub))['device'], undefined)
      }
    })
  }

  it('does not confirm a device that was forgotten during the sign-in', async () => {
    const { clientId, admin, device, forgets } = await givenDevice()
    const asked = await signInOnDevice(server(), clientId, 'ana', device.key)
    const question = await answerDeviceSrp(server(), clientId, asked, device)
    await using stage = await PostgresStage.open(server())
    await stage.holdInserts('session', 'before storing')
    const signIn = answerDevicePassword(server(), clientId, question, device)
    await stage.waiting(1)
    await forgets.AdminForgetDevice()
    await stage.release()
    const { AccessToken } = (await signIn).AuthenticationResult ?? {}
    const { key: DeviceKey, group: DeviceGroupKey } = device
    const second = confirmOffered(server(), { AccessToken, NewDeviceMetadata: { DeviceKey, DeviceGroupKey } })
    await assert.rejects(second, { name: 'InvalidParameterException' })
    assert.deepEqual((await server().send(new AdminListDevicesCommand(admin))).Devices, [])
  })

  it('fails when a request that signs out, disables or deletes the user runs just before it', async () => {
    const ends = [
      [({ result }: Given) => new GlobalSignOutCommand({ AccessToken: result.AccessToken }), revoked],
      [({ admin }: Given) => new AdminUserGlobalSignOutCommand(admin), revoked],
      [({ admin }: Given) => new AdminDisableUserCommand(admin), revoked],
      [({ admin }: Given) => new AdminDeleteUserCommand(admin), { name: 'UserNotFoundException' }],
    ] as const
    for (const [end, refusal] of ends) {
      const given = await givenSignIn()
      await using stage = await PostgresStage.open(server())
      await stage.holdUser(given.sub, 'change')
      const ending = server().client.send(end(given) as GlobalSignOutCommand)
      await stage.waiting(1)
      const refused = assert.rejects(confirmOffered(server(), given.result), refusal)
      await stage.waiting(2)
      await stage.release()
      await refused
      await ending
      assert.equal((await stage.rowsAbout(given.sub))['device'], undefined)
    }
  })

  it('fails when the session is revoked while ConfirmDevice waits for the row of the user', async () => {
    const { clientId, sub, result } = await givenSignIn()
    await using stage = await PostgresStage.open(server())
    await stage.holdUser(sub, 'change')
    const refused = assert.rejects(confirmOffered(server(), result), revoked)
    await stage.waiting(1)
    await server().send(new RevokeTokenCommand({ ClientId: clientId, Token: result.RefreshToken }))
    await stage.release()
    await refused
    assert.equal((await stage.rowsAbout(sub))['device'], undefined)
  })

  type Given = Awaited<ReturnType<typeof givenSignIn>>
})
