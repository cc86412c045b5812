import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminForgetDeviceCommand,
  AdminGetDeviceCommand,
  AdminListDevicesCommand,
  AdminUpdateDeviceStatusCommand,
  ConfirmDeviceCommand,
  type DeviceType,
  ForgetDeviceCommand,
  GetDeviceCommand,
  ListDevicesCommand,
  UpdateDeviceStatusCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenUser, signInByPassword } from '../../support/sign-in.ts'
import { confirmOffered } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'

const tracking = { DeviceConfiguration: { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false } }
const notFound = { name: 'ResourceNotFoundException', message: 'Device does not exist.' }
const attribute = (device: DeviceType | undefined, name: string) => device?.DeviceAttributes?.find(({ Name }) => Name === name)?.Value

for (const engine of engines) {
  describe(`A device of a user on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenDevices(count: number) {
      const ids = await server().givenPool({ pool: tracking })
      await givenUser(server(), ids.poolId, 'ana')
      const keys: string[] = []
      let token = ''
      for (let number = 1; number <= count; number++) {
        const result = (await signInByPassword(server(), ids.clientId, 'ana')).AuthenticationResult ?? {}
        token = result.AccessToken ?? ''
        keys.push((await confirmOffered(server(), result, `device ${number}`)).device.key)
      }
      return { ...ids, keys, token, key: keys[0] ?? '' }
    }

    it('is shown to its user and to administrators alike', async () => {
      const { poolId, token, key } = await givenDevices(1)
      const { Device } = await server().send(new GetDeviceCommand({ AccessToken: token, DeviceKey: key }))
      assert.equal(Device?.DeviceKey, key)
      assert.equal(attribute(Device, 'device_name'), 'device 1')
      assert.equal(attribute(Device, 'device_status'), 'valid')
      assert.equal(attribute(Device, 'dev:device_remembered_status'), 'remembered')
      assert.equal(attribute(Device, 'last_ip_used'), '127.0.0.1')
      assert.ok(Device?.DeviceCreateDate && Device.DeviceLastModifiedDate && Device.DeviceLastAuthenticatedDate)
      const admin = await server().send(new AdminGetDeviceCommand({ UserPoolId: poolId, Username: 'ana', DeviceKey: key }))
      assert.deepEqual(admin.Device, Device)
    })

    it('is listed in pages, sorted by key', async () => {
      const { poolId, token, keys } = await givenDevices(3)
      const first = await server().send(new ListDevicesCommand({ AccessToken: token, Limit: 2 }))
      const rest = await server().send(new ListDevicesCommand({ AccessToken: token, PaginationToken: first.PaginationToken }))
      const listed = [...(first.Devices ?? []), ...(rest.Devices ?? [])].map(({ DeviceKey = '' }) => DeviceKey)
      assert.deepEqual(listed, keys.toSorted())
      assert.equal(rest.PaginationToken, undefined)
      const admin = await server().send(new AdminListDevicesCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(admin.Devices?.length, 3)
      const forged = server().send(new ListDevicesCommand({ AccessToken: token, PaginationToken: 'forged' }))
      await assert.rejects(forged, { name: 'InvalidParameterException' })
    })

    it('is remembered or not, as the user or an administrator sets it', async () => {
      const { poolId, token, key } = await givenDevices(1)
      const status = async () =>
        attribute(
          (await server().send(new GetDeviceCommand({ AccessToken: token, DeviceKey: key }))).Device,
          'dev:device_remembered_status',
        )
      await server().send(new UpdateDeviceStatusCommand({ AccessToken: token, DeviceKey: key, DeviceRememberedStatus: 'not_remembered' }))
      assert.equal(await status(), 'not_remembered')
      const user = { UserPoolId: poolId, Username: 'ana', DeviceKey: key }
      await server().send(new AdminUpdateDeviceStatusCommand({ ...user, DeviceRememberedStatus: 'remembered' }))
      assert.equal(await status(), 'remembered')
      await server().send(new AdminUpdateDeviceStatusCommand(user))
      assert.equal(await status(), 'remembered')
    })

    it('is not found after the user or an administrator forgot it', async () => {
      const { poolId, token, keys } = await givenDevices(2)
      const [one = '', two = ''] = keys
      await server().send(new ForgetDeviceCommand({ AccessToken: token, DeviceKey: one }))
      await server().send(new AdminForgetDeviceCommand({ UserPoolId: poolId, Username: 'ana', DeviceKey: two }))
      for (const DeviceKey of keys) {
        const own = { AccessToken: token, DeviceKey }
        const admin = { UserPoolId: poolId, Username: 'ana', DeviceKey }
        await assert.rejects(server().send(new GetDeviceCommand(own)), notFound)
        await assert.rejects(server().send(new ForgetDeviceCommand(own)), notFound)
        await assert.rejects(server().send(new UpdateDeviceStatusCommand(own)), notFound)
        await assert.rejects(server().send(new AdminGetDeviceCommand(admin)), notFound)
        await assert.rejects(server().send(new AdminForgetDeviceCommand(admin)), notFound)
        await assert.rejects(server().send(new AdminUpdateDeviceStatusCommand(admin)), notFound)
      }
    })

    it('cannot be confirmed again by the session that confirmed it, once it is forgotten', async () => {
      const ids = await server().givenPool({ pool: tracking })
      await givenUser(server(), ids.poolId, 'ana')
      const stolen = (await signInByPassword(server(), ids.clientId, 'ana')).AuthenticationResult ?? {}
      const { key } = (await confirmOffered(server(), stolen)).device
      const own = (await signInByPassword(server(), ids.clientId, 'ana')).AuthenticationResult ?? {}
      await server().send(new ForgetDeviceCommand({ AccessToken: own.AccessToken, DeviceKey: key }))
      await assert.rejects(confirmOffered(server(), stolen), { name: 'InvalidParameterException' })
      await assert.rejects(server().send(new GetDeviceCommand({ AccessToken: own.AccessToken, DeviceKey: key })), notFound)
    })

    it('belongs to one user of one pool', async () => {
      const { poolId, clientId, key } = await givenDevices(1)
      await givenUser(server(), poolId, 'bob')
      const bob = (await signInByPassword(server(), clientId, 'bob')).AuthenticationResult?.AccessToken
      await assert.rejects(server().send(new GetDeviceCommand({ AccessToken: bob, DeviceKey: key })), notFound)
      assert.deepEqual((await server().send(new ListDevicesCommand({ AccessToken: bob }))).Devices, [])
      const other = await server().givenPool({ pool: tracking })
      await givenUser(server(), other.poolId, 'ana')
      const there = server().send(new AdminGetDeviceCommand({ UserPoolId: other.poolId, Username: 'ana', DeviceKey: key }))
      await assert.rejects(there, notFound)
    })

    it('cannot be confirmed with a password verifier that is malformed or would accept any password', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: tracking })
      await givenUser(server(), poolId, 'ana')
      const result = (await signInByPassword(server(), clientId, 'ana')).AuthenticationResult ?? {}
      const DeviceKey = result.NewDeviceMetadata?.DeviceKey
      for (const PasswordVerifier of ['', 'AA==', 'AQ==', Buffer.alloc(385, 255).toString('base64'), 'not base64!']) {
        const DeviceSecretVerifierConfig = { PasswordVerifier, Salt: 'AQIDBAUGBwgJCgsMDQ4PEA==' }
        const call = server().send(new ConfirmDeviceCommand({ AccessToken: result.AccessToken, DeviceKey, DeviceSecretVerifierConfig }))
        await assert.rejects(call, { name: 'InvalidParameterException' }, PasswordVerifier)
      }
    })

    it('is rejected in a pool that does not track devices', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const AccessToken = (await signInByPassword(server(), clientId, 'ana')).AuthenticationResult?.AccessToken
      const DeviceKey = 'us-east-1_00000000-0000-0000-0000-000000000000'
      const refusal = { name: 'InvalidUserPoolConfigurationException' }
      await assert.rejects(server().send(new ConfirmDeviceCommand({ AccessToken, DeviceKey })), refusal)
      await assert.rejects(server().send(new ListDevicesCommand({ AccessToken })), refusal)
      await assert.rejects(server().send(new AdminListDevicesCommand({ UserPoolId: poolId, Username: 'ana' })), refusal)
    })
  })
}
