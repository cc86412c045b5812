import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { authenticate, openBrowser, signedIn } from '../../../support/cognito-user.ts'
import { engines } from '../../../support/engines.ts'
import { prefer, registerApp, setMfa } from '../../../support/mfa.ts'
import {
  answerSrp,
  claimsOf,
  givenUser,
  goodPassword,
  signInByPassword,
  srpResponses,
  srpTimestamp,
  startSrp,
} from '../../../support/sign-in.ts'
import { answerDevicePassword, answerDeviceSrp, confirmOffered, type SoftwareDevice } from '../../../support/software-device.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { adminRename, givenChangingPool, sweepUsernames } from '../../../support/usernames.ts'

const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
const day = 24 * 3_600_000
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const locked = { name: 'NotAuthorizedException', message: 'Attempt limit exceeded, please try after some time.' }

for (const engine of engines) {
  describe(`The remembered device of a user whose username has changed, on ${engine.name}`, () => {
    const server = useTestServer(engine)
    type Ids = { readonly poolId: string; readonly clientId: string }

    /** A user with a remembered device and an authenticator app. */
    async function givenDevice() {
      const ids = await givenChangingPool(server(), { pool: { DeviceConfiguration } })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await givenUser(server(), ids.poolId, 'ana')
      const { AuthenticationResult = {} } = await signInByPassword(server(), ids.clientId, 'ana')
      const { device } = await confirmOffered(server(), AuthenticationResult)
      await giveApp(ids, AuthenticationResult.AccessToken)
      return { ...ids, device }
    }

    /** From now on a sign-in asks for the code of an authenticator app, except on a remembered device. */
    async function giveApp({ poolId }: Ids, accessToken = '') {
      await registerApp(server(), accessToken)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
    }

    /** Signs in on the device, as a client does that sends USER_ID_FOR_SRP as the name from then on. Returns that name. */
    async function begin({ poolId, clientId }: Ids, name: string, device: SoftwareDevice): Promise<string> {
      const { a, challenge } = await startSrp(server(), clientId, name)
      const responses = srpResponses(poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      const { ChallengeName } = await answerSrp(server(), clientId, { ...responses, DEVICE_KEY: device.key })
      assert.equal(ChallengeName, 'DEVICE_SRP_AUTH')
      return responses['USERNAME'] ?? ''
    }
    const answer = ({ clientId }: Ids, USERNAME: string, device: SoftwareDevice) =>
      answerDeviceSrp(server(), clientId, { ChallengeParameters: { USERNAME } }, device)

    // First, because the library uses the real time.
    it('works in amazon-cognito-identity-js', async () => {
      const ids = await givenChangingPool(server(), { pool: { DeviceConfiguration } })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await givenUser(server(), ids.poolId, 'ana')
      const browser = openBrowser(server(), ids)
      const first = await signedIn(authenticate(browser.user('ana'), goodPassword))
      await giveApp(ids, first.getAccessToken().getJwtToken())
      await adminRename(server(), ids.poolId, 'ana', 'bea')
      const session = await signedIn(authenticate(browser.user('bea'), goodPassword))
      assert.equal(session.getAccessToken().payload['username'], 'bea')
    })

    it('replaces the second factor without a Session, under the former name, also when the name is free', async () => {
      for (const release of [false, true]) {
        const at = await givenDevice()
        await adminRename(server(), at.poolId, 'ana', 'bea', { ReleaseFormerUsername: release })
        const name = await begin(at, 'bea', at.device)
        assert.equal(name, 'ana')
        const { AuthenticationResult } = await answerDevicePassword(server(), at.clientId, await answer(at, name, at.device), at.device)
        const claims = claimsOf(AuthenticationResult?.AccessToken ?? '')
        assert.deepEqual([claims['username'], claims['device_key']], ['bea', at.device.key])
      }
    })

    it('replaces it under the former name when that is free again after the time of the pool, and another user has it', async () => {
      const at = await givenDevice()
      await adminRename(server(), at.poolId, 'ana', 'bea')
      server().clock.advance(31 * day)
      await sweepUsernames(server())
      await givenUser(server(), at.poolId, 'ana')
      assert.equal(await begin(at, 'bea', at.device), 'ana')
      const asked = await answer(at, 'ana', at.device)
      assert.ok((await answerDevicePassword(server(), at.clientId, asked, at.device)).AuthenticationResult)
    })

    it('proves nothing under the name of another user, or under a name that nobody has', async () => {
      const at = await givenDevice()
      await givenUser(server(), at.poolId, 'ben')
      await adminRename(server(), at.poolId, 'ben', 'bo')
      await begin(at, 'ana', at.device)
      for (const name of ['bo', 'ben', 'nobody']) await assert.rejects(answer(at, name, at.device), invalid, name)
      await answer(at, 'ana', at.device)
    })

    it('is locked after five answers under the former name that no challenge was waiting for', async () => {
      const at = await givenDevice()
      await adminRename(server(), at.poolId, 'ana', 'bea')
      for (let count = 0; count < 5; count++) await assert.rejects(answer(at, 'ana', at.device), invalid)
      await begin(at, 'bea', at.device)
      for (const name of ['ana', 'bea']) await assert.rejects(answer(at, name, at.device), locked, name)
    })
  })
}
