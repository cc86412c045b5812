import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  DescribeUserPoolCommand,
  GetDeviceCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { claimsOf, givenUser, signInBySrp } from '../../support/sign-in.ts'
import { agree, givenPoolWith } from '../../support/sign-in-triggers.ts'
import { confirmOffered } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'
import { useAccessToken } from '../../support/tokens.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

for (const engine of engines) {
  describe(`The region local on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: [...endpoint.flags, '--region', 'local'] })

    it('is in the id and the ARN of a pool; the operations for tags accept that ARN', async () => {
      const { poolId } = await server().givenPool()
      assert.match(poolId, /^local_[0-9A-Za-z]{9}$/)
      const { UserPool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
      assert.equal(UserPool?.Arn, `arn:aws:cognito-idp:local:000000000000:userpool/${poolId}`)
      await server().send(new TagResourceCommand({ ResourceArn: UserPool?.Arn, Tags: { stage: 'test' } }))
      assert.deepEqual((await server().send(new ListTagsForResourceCommand({ ResourceArn: UserPool?.Arn }))).Tags, { stage: 'test' })
    })

    it('lets a user sign in by SRP and confirm a device, and is part of the trigger event and of the device key', async () => {
      const triggers = endpoint.given({ PostAuthentication: agree })
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
      const ids = await givenPoolWith(server(), triggers, { pool: { DeviceConfiguration } })
      await givenUser(server(), ids.poolId, 'ana')
      const { AuthenticationResult: tokens = {} } = await signInBySrp(server(), ids, 'ana')
      assert.deepEqual(
        triggers.events.map(({ triggerSource, region }) => [triggerSource, region]),
        [['PostAuthentication_Authentication', 'local']],
      )
      const AccessToken = tokens.AccessToken ?? ''
      assert.equal(claimsOf(AccessToken)['iss'], `${server().url}/${ids.poolId}`)
      await useAccessToken(server(), AccessToken)

      const { device } = await confirmOffered(server(), tokens)
      assert.match(device.key, /^local_[0-9a-f-]{36}$/)
      const { Device } = await server().send(new GetDeviceCommand({ AccessToken, DeviceKey: device.key }))
      assert.equal(Device?.DeviceKey, device.key)
    })
  })
}
