import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminListDevicesCommand } from '@aws-sdk/client-cognito-identity-provider'
import { authenticate, openBrowser, promised, settled, signedIn } from '../support/cognito-user.ts'
import { engines } from '../support/engines.ts'
import { givenMfaPool, prefer } from '../support/mfa.ts'
import { claimsOf, givenUser, goodPassword } from '../support/sign-in.ts'
import { useTestServer } from '../support/test-server.ts'

for (const engine of engines) {
  describe(`amazon-cognito-identity-js and its device on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('confirms its device, proves it in place of a second factor, and forgets it', async () => {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['email'], { pool: { DeviceConfiguration } })
      await givenUser(server(), ids.poolId, 'ana', { attributes: [{ Name: 'email', Value: 'ana@example.test' }] })
      const user = openBrowser(server(), ids).user('ana')

      await signedIn(authenticate(user, goodPassword))
      const { Devices = [] } = await server().send(new AdminListDevicesCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
      assert.equal(Devices.length, 1)

      await prefer(server(), ids.poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      const again = await signedIn(authenticate(user, goodPassword))
      assert.equal(claimsOf(again.getAccessToken().getJwtToken())['device_key'], Devices[0]?.DeviceKey)
      assert.deepEqual(await server().inbox('ana@example.test'), [])

      const refreshed = await promised((callback) => user.refreshSession(again.getRefreshToken(), callback))
      assert.ok(refreshed)
      await settled((callbacks) => user.forgetDevice(callbacks))
      const left = await server().send(new AdminListDevicesCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
      assert.deepEqual(left.Devices, [])
    })
  })
}
