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

const tracking = { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false } }

/** How it ends; asked for at once, because it may end while the test looks elsewhere. */
const outcomeOf = async (request: Promise<unknown>) => (await Promise.allSettled([request]))[0].status

describe('a device that is forgotten meanwhile, on PostgreSQL', { skip: skipWithoutPostgres }, () => {
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

  for (const way of ['ForgetDevice', 'AdminForgetDevice'] as const) {
    it(`stays so by ${way}, whenever another ConfirmDevice of it comes`, async () => {
      for (const confirmsFirst of [true, false]) {
        const { sub, result, forgets } = await givenDevice()
        await using stage = await PostgresStage.open(server())
        await stage.holdUser(sub, 'change')
        const confirm = () => confirmOffered(server(), result)
        const [first, second] = confirmsFirst ? [confirm, forgets[way]] : [forgets[way], confirm]
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

  it('is none that the sessions of a sign-in under way may confirm anew', async () => {
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
    const again = confirmOffered(server(), { AccessToken, NewDeviceMetadata: { DeviceKey, DeviceGroupKey } })
    await assert.rejects(again, { name: 'InvalidParameterException' })
    assert.deepEqual((await server().send(new AdminListDevicesCommand(admin))).Devices, [])
  })

  it('is not confirmed by a token that a sign-out or the end of its user has overtaken', async () => {
    const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }
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

  it('is not confirmed by a token whose session has been revoked meanwhile', async () => {
    const { clientId, sub, result } = await givenSignIn()
    await using stage = await PostgresStage.open(server())
    await stage.holdUser(sub, 'change')
    const refused = assert.rejects(confirmOffered(server(), result), { name: 'InvalidParameterException' })
    await stage.waiting(1)
    await server().send(new RevokeTokenCommand({ ClientId: clientId, Token: result.RefreshToken }))
    await stage.release()
    await refused
    assert.equal((await stage.rowsAbout(sub))['device'], undefined)
  })

  type Given = Awaited<ReturnType<typeof givenSignIn>>
})
