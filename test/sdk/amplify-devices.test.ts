import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminForgetDeviceCommand } from '@aws-sdk/client-cognito-identity-provider'
import {
  confirmSignIn,
  fetchAuthSession,
  fetchDevices,
  forgetDevice,
  rememberDevice,
  type SignInInput,
  signIn,
  signOut,
} from 'aws-amplify/auth'
import { cognitoUserPoolsTokenProvider } from 'aws-amplify/auth/cognito'
import { amplifyStorage, openAmplify } from '../support/amplify.ts'
import { engines } from '../support/engines.ts'
import { givenMfaPool, prefer } from '../support/mfa.ts'
import { codeSentTo, type PoolAndClient, sentTo } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../support/test-server.ts'

const email = 'ana@example.test'
const done = { isSignedIn: true, nextStep: { signInStep: 'DONE' } }

type Way = NonNullable<SignInInput['options']>

/** For tests in which the flow of the sign-in does not matter. They do not use SRP, because Amplify's SRP is slow. */
const byPassword: Way = { authFlowType: 'USER_PASSWORD_AUTH' }
const bySrp: Way = { authFlowType: 'USER_SRP_AUTH' }
const ways: readonly Way[] = [byPassword, bySrp, { authFlowType: 'USER_AUTH', preferredChallenge: 'PASSWORD_SRP' }]

const client = {
  ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
} satisfies TestPoolOptions['client']

for (const engine of engines) {
  describe(`the device of aws-amplify on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const start = (options = byPassword) => signIn({ username: 'ana', password: goodPassword, options })

    /** A user whose sign-ins ask for a code, unless a remembered device replaces the code. */
    async function givenAna(asksUser: boolean) {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: asksUser }
      const ids = await givenMfaPool(server(), 'OPTIONAL', ['email'], { pool: { DeviceConfiguration }, client })
      await givenUser(server(), ids.poolId, 'ana', { attributes: [{ Name: 'email', Value: email }] })
      await prefer(server(), ids.poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      openAmplify(server(), ids)
      return ids
    }

    async function signInByCode({ poolId }: PoolAndClient, options = byPassword): Promise<void> {
      assert.equal((await start(options)).nextStep.signInStep, 'CONFIRM_SIGN_IN_WITH_EMAIL_CODE')
      assert.deepEqual(await confirmSignIn({ challengeResponse: await codeSentTo(server(), poolId, email) }), done)
    }

    const deviceOfToken = async () => (await fetchAuthSession()).tokens?.accessToken.payload['device_key']

    it('is remembered automatically, and replaces the code in every flow', async () => {
      const ids = await givenAna(false)
      await signInByCode(ids)
      const [device] = await fetchDevices()
      assert.equal(device?.name, navigator.userAgent)
      assert.ok(device.createDate instanceof Date && device.lastAuthenticatedDate instanceof Date)
      for (const way of ways) {
        await signOut()
        assert.deepEqual(await start(way), done, way.preferredChallenge ?? way.authFlowType ?? '')
        assert.equal(await deviceOfToken(), device.id)
      }
      await fetchAuthSession({ forceRefresh: true })
      assert.equal(await deviceOfToken(), device.id)
      assert.deepEqual(
        (await fetchDevices()).map(({ id }) => id),
        [device.id],
      )
      assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${email}`])
    })

    it('is listed, but replaces no code, until the user remembers it', async () => {
      const ids = await givenAna(true)
      await signInByCode(ids)
      assert.equal((await fetchDevices()).length, 1)
      await signOut()
      await signInByCode(ids)
      await rememberDevice()
      await signOut()
      assert.deepEqual(await start(), done)
      assert.deepEqual(await sentTo(server(), ids.poolId), [`mfa ${email}`, `mfa ${email}`])
    })

    it('is a new device at the next sign-in after it was forgotten', async () => {
      const ids = await givenAna(false)
      await signInByCode(ids)
      const [first] = await fetchDevices()
      await forgetDevice()
      assert.deepEqual(await fetchDevices(), [])
      await signOut()
      await signInByCode(ids)
      const [second] = await fetchDevices()
      assert.notEqual(second?.id, first?.id)
    })

    it('gets a new key at the next sign-in when an administrator has forgotten it', async () => {
      for (const way of [byPassword, bySrp]) {
        const ids = await givenAna(false)
        await signInByCode(ids)
        const [device] = await fetchDevices()
        await signOut()
        await server().send(new AdminForgetDeviceCommand({ UserPoolId: ids.poolId, Username: 'ana', DeviceKey: device?.id }))
        await signInByCode(ids, way)
        assert.notEqual((await fetchDevices())[0]?.id, device?.id)
      }
    })

    it('is listed together with another device of the user, and can forget that device', async () => {
      const ids = await givenAna(false)
      const [laptop, phone] = [amplifyStorage(), amplifyStorage()]
      cognitoUserPoolsTokenProvider.setKeyValueStorage(phone)
      await signInByCode(ids)
      const [onPhone] = await fetchDevices()
      cognitoUserPoolsTokenProvider.setKeyValueStorage(laptop)
      await signInByCode(ids)
      assert.equal((await fetchDevices()).length, 2)
      await forgetDevice({ device: { id: onPhone?.id ?? '' } })
      await signOut()
      assert.deepEqual(await start(), done)
      cognitoUserPoolsTokenProvider.setKeyValueStorage(phone)
      await signOut()
      await signInByCode(ids)
    })
  })
}
