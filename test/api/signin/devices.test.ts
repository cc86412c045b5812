import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminForgetDeviceCommand,
  type AuthenticationResultType,
  ConfirmDeviceCommand,
  ForgetDeviceCommand,
  InitiateAuthCommand,
  UpdateDeviceStatusCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenMfaPool, prefer } from '../../support/mfa.ts'
import { claimsOf, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { answerDevicePassword, answerDeviceSrp, confirmOffered, signInOnDevice } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'

const tracking = (challengeNew: boolean, askUser: boolean) => ({
  pool: { DeviceConfiguration: { ChallengeRequiredOnNewDevice: challengeNew, DeviceOnlyRememberedOnUserPrompt: askUser } },
})

const unknownDevice = { name: 'ResourceNotFoundException', message: 'Device does not exist.' }
const resultOf = (reply: { AuthenticationResult?: AuthenticationResultType | undefined }) => reply.AuthenticationResult ?? {}

for (const engine of engines) {
  describe(`a sign-in with devices on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenDevice(options = tracking(true, false)) {
      const ids = await server().givenPool(options)
      await givenUser(server(), ids.poolId, 'ana')
      const first = resultOf(await signInByPassword(server(), ids.clientId, 'ana'))
      return { ...ids, first, ...(await confirmOffered(server(), first)) }
    }

    async function proveDevice(clientId: string, device: Awaited<ReturnType<typeof givenDevice>>['device']) {
      const asked = await signInOnDevice(server(), clientId, 'ana', device.key)
      assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
      return answerDevicePassword(server(), clientId, await answerDeviceSrp(server(), clientId, asked, device), device)
    }

    it('offers a new device key at each sign-in where the pool tracks devices, and no device key elsewhere', async () => {
      const tracked = await server().givenPool(tracking(true, false))
      await givenUser(server(), tracked.poolId, 'ana')
      const offered = resultOf(await signInByPassword(server(), tracked.clientId, 'ana')).NewDeviceMetadata
      assert.match(offered?.DeviceKey ?? '', /^us-east-1_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.match(offered?.DeviceGroupKey ?? '', /^-[\w-]{8}$/)
      const again = resultOf(await signInByPassword(server(), tracked.clientId, 'ana')).NewDeviceMetadata
      assert.notEqual(again?.DeviceKey, offered?.DeviceKey)
      assert.equal(again?.DeviceGroupKey, offered?.DeviceGroupKey)

      const other = await server().givenPool()
      await givenUser(server(), other.poolId, 'ana')
      assert.equal(resultOf(await signInByPassword(server(), other.clientId, 'ana')).NewDeviceMetadata, undefined)
    })

    it('accepts the proof of a remembered device, and names the device in the access token', async () => {
      const { clientId, device, answer } = await givenDevice()
      assert.equal(answer.UserConfirmationNecessary, false)
      const result = resultOf(await proveDevice(clientId, device))
      assert.equal(result.NewDeviceMetadata, undefined)
      assert.equal(claimsOf(result.AccessToken ?? '')['device_key'], device.key)
      assert.equal('device_key' in claimsOf(result.IdToken ?? ''), false)
    })

    it('accepts a remembered device in place of the second factor, and asks other devices for the factor', async () => {
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['email'], tracking(true, false))
      const attributes = [{ Name: 'email', Value: 'ana@example.test' }]
      await givenUser(server(), ids.poolId, 'ana', { attributes })
      const { device } = await confirmOffered(server(), resultOf(await signInByPassword(server(), ids.clientId, 'ana')))
      await prefer(server(), ids.poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })

      assert.equal((await signInByPassword(server(), ids.clientId, 'ana')).ChallengeName, 'EMAIL_OTP')
      const before = (await server().inbox('ana@example.test')).length
      assert.ok(resultOf(await proveDevice(ids.clientId, device)).AccessToken)
      assert.equal((await server().inbox('ana@example.test')).length, before, 'no code went out')
    })

    it('does not challenge a tracked device where ChallengeRequiredOnNewDevice is false', async () => {
      const { clientId, device } = await givenDevice(tracking(false, false))
      const result = resultOf(await signInOnDevice(server(), clientId, 'ana', device.key))
      assert.equal(claimsOf(result.AccessToken ?? '')['device_key'], device.key)
    })

    it('challenges a device only after its user has chosen to remember it, where the pool asks users', async () => {
      const { clientId, device, answer, first } = await givenDevice(tracking(true, true))
      assert.equal(answer.UserConfirmationNecessary, true)
      assert.ok(resultOf(await signInOnDevice(server(), clientId, 'ana', device.key)).AccessToken)
      const status = { AccessToken: first.AccessToken, DeviceKey: device.key, DeviceRememberedStatus: 'remembered' } as const
      await server().send(new UpdateDeviceStatusCommand(status))
      assert.equal((await signInOnDevice(server(), clientId, 'ana', device.key)).ChallengeName, 'DEVICE_SRP_AUTH')
    })

    it('rejects the key of another user’s device and of a forgotten device, but checks the password first', async () => {
      const { poolId, clientId, device, first } = await givenDevice()
      await givenUser(server(), poolId, 'bob')
      await assert.rejects(signInOnDevice(server(), clientId, 'bob', device.key), unknownDevice)
      await server().send(new ForgetDeviceCommand({ AccessToken: first.AccessToken, DeviceKey: device.key }))
      await assert.rejects(signInOnDevice(server(), clientId, 'ana', device.key), unknownDevice)
      const wrongPassword = { USERNAME: 'ana', PASSWORD: 'Wrong-horse-7', DEVICE_KEY: device.key }
      const attempt = new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: wrongPassword })
      await assert.rejects(server().send(attempt), { name: 'NotAuthorizedException', message: 'Incorrect username or password.' })
    })

    it('rejects a wrong device password, a proof that was used before, and a device that was forgotten after the challenge', async () => {
      const { poolId, clientId, device } = await givenDevice()
      const ask = async () => answerDeviceSrp(server(), clientId, await signInOnDevice(server(), clientId, 'ana', device.key), device)
      const thief = { ...device, password: 'stolen key, no password' }
      const refused = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
      await assert.rejects(answerDevicePassword(server(), clientId, await ask(), thief), refused)

      const asked = await ask()
      await answerDevicePassword(server(), clientId, asked, device)
      const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
      await assert.rejects(answerDevicePassword(server(), clientId, asked, device), used)

      const late = await ask()
      await server().send(new AdminForgetDeviceCommand({ UserPoolId: poolId, Username: 'ana', DeviceKey: device.key }))
      await assert.rejects(answerDevicePassword(server(), clientId, late, device), unknownDevice)
    })

    it('lets a user confirm only a device key that the user’s own sign-in offered, and only once', async () => {
      const { poolId, clientId, device, first } = await givenDevice()
      await givenUser(server(), poolId, 'bob')
      const confirm = (token: string | undefined, key: string) =>
        server().send(new ConfirmDeviceCommand({ AccessToken: token, DeviceKey: key, DeviceName: 'x' }))
      const bob = resultOf(await signInByPassword(server(), clientId, 'bob'))
      const foreign = { name: 'InvalidParameterException', message: 'Invalid device key given.' }
      await assert.rejects(confirm(bob.AccessToken, device.key), foreign)
      await assert.rejects(confirm(bob.AccessToken, 'us-east-1_00000000-0000-0000-0000-000000000000'), foreign)
      await assert.rejects(confirm(first.AccessToken, device.key), { name: 'DeviceKeyExistsException' })
    })
  })
}
