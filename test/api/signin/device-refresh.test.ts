import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminForgetDeviceCommand,
  AdminInitiateAuthCommand,
  type AuthenticationResultType,
  ForgetDeviceCommand,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { claimsOf, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { confirmOffered, signInOnDevice } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'

const DeviceConfiguration = { ChallengeRequiredOnNewDevice: false, DeviceOnlyRememberedOnUserPrompt: false }
const refused = { name: 'NotAuthorizedException', message: 'Invalid Refresh Token.' }
const otherKey = 'us-east-1_00000000-0000-0000-0000-000000000000'
const resultOf = (reply: { AuthenticationResult?: AuthenticationResultType | undefined }) => reply.AuthenticationResult ?? {}

/** The ways to refresh. `rotation` is GetTokensFromRefreshToken by a client that rotates refresh tokens: such a client has no other way. */
const ways = ['InitiateAuth', 'AdminInitiateAuth', 'GetTokensFromRefreshToken', 'rotation'] as const
type Way = (typeof ways)[number]

for (const engine of engines) {
  describe(`refreshing a session that is bound to a device, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** A user who has signed in by password, and a function that refreshes that session in the given `way`. */
    async function given(way: Way, pool: object = { DeviceConfiguration }) {
      const rotating = {
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const],
        RefreshTokenRotation: { Feature: 'ENABLED' as const, RetryGracePeriodSeconds: 0 },
      }
      const ids = await server().givenPool({ pool, ...(way === 'rotation' && { client: rotating }) })
      const { poolId, clientId } = ids
      await givenUser(server(), poolId, 'ana')
      const first = resultOf(await signInByPassword(server(), clientId, 'ana'))

      async function refresh(token: string | undefined, deviceKey?: string): Promise<AuthenticationResultType> {
        const key: Record<string, string> = deviceKey === undefined ? {} : { DEVICE_KEY: deviceKey }
        const flow = { AuthFlow: 'REFRESH_TOKEN_AUTH' as const, AuthParameters: { REFRESH_TOKEN: token ?? '', ...key } }
        if (way === 'InitiateAuth') return resultOf(await server().send(new InitiateAuthCommand({ ClientId: clientId, ...flow })))
        if (way === 'AdminInitiateAuth') {
          return resultOf(await server().send(new AdminInitiateAuthCommand({ UserPoolId: poolId, ClientId: clientId, ...flow })))
        }
        return resultOf(
          await server().send(new GetTokensFromRefreshTokenCommand({ ClientId: clientId, RefreshToken: token, DeviceKey: deviceKey })),
        )
      }
      return { ...ids, first, refresh }
    }

    for (const way of ways) {
      it(`is refused until the device is confirmed, and after that needs the key of the device: ${way}`, async () => {
        const { clientId, first, refresh } = await given(way)
        const offered = first.NewDeviceMetadata?.DeviceKey
        for (const key of [undefined, offered, otherKey]) await assert.rejects(refresh(first.RefreshToken, key), refused)
        const { device } = await confirmOffered(server(), first)
        assert.equal(device.key, offered)
        for (const key of [undefined, otherKey]) await assert.rejects(refresh(first.RefreshToken, key), refused)
        // The refusals have not invalidated the token.
        const renewed = await refresh(first.RefreshToken, device.key)
        assert.equal(claimsOf(renewed.AccessToken ?? '')['device_key'], device.key)

        const later = resultOf(await signInOnDevice(server(), clientId, 'ana', device.key))
        await assert.rejects(refresh(later.RefreshToken), refused)
        assert.ok((await refresh(later.RefreshToken, device.key)).AccessToken)
      })

      it(`is refused for good once the device is forgotten: ${way}`, async () => {
        for (const forgets of ['user', 'administrator']) {
          const { poolId, clientId, first, refresh } = await given(way)
          const { device } = await confirmOffered(server(), first)
          const renewed = await refresh(first.RefreshToken, device.key)
          const later = resultOf(await signInOnDevice(server(), clientId, 'ana', device.key))
          const elsewhere = resultOf(await signInByPassword(server(), clientId, 'ana'))
          const other = await confirmOffered(server(), elsewhere)
          if (forgets === 'user') {
            await server().send(new ForgetDeviceCommand({ AccessToken: elsewhere.AccessToken, DeviceKey: device.key }))
          } else {
            await server().send(new AdminForgetDeviceCommand({ UserPoolId: poolId, Username: 'ana', DeviceKey: device.key }))
          }
          for (const token of [renewed.RefreshToken ?? first.RefreshToken, later.RefreshToken]) {
            for (const key of [undefined, device.key, other.device.key]) await assert.rejects(refresh(token, key), refused)
          }
          // No session can confirm the device key again: neither the two sessions of this device nor the session of the other device.
          const { key: DeviceKey, group: DeviceGroupKey } = device
          for (const { AccessToken } of [renewed, later, elsewhere]) {
            const again = confirmOffered(server(), { AccessToken, NewDeviceMetadata: { DeviceKey, DeviceGroupKey } })
            await assert.rejects(again, { name: 'InvalidParameterException', message: 'Invalid device key given.' })
          }
          assert.ok((await refresh(elsewhere.RefreshToken, other.device.key)).AccessToken)
        }
      })

      it(`needs no device key where the pool does not track devices: ${way}`, async () => {
        const { poolId, first, refresh } = await given(way, {})
        assert.equal(first.NewDeviceMetadata, undefined)
        const renewed = await refresh(first.RefreshToken)
        assert.ok(renewed.AccessToken)
        // A session that began before the pool tracked devices is not bound to a device.
        await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId, DeviceConfiguration }))
        assert.ok((await refresh(renewed.RefreshToken ?? first.RefreshToken)).AccessToken)
      })
    }
  })
}
