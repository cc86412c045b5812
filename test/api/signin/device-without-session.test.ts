import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminForgetDeviceCommand,
  AdminUserGlobalSignOutCommand,
  CreateUserPoolClientCommand,
  RespondToAuthChallengeCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenMfaPool, prefer } from '../../support/mfa.ts'
import { claimsOf, givenUser, signInByPassword } from '../../support/sign-in.ts'
import {
  answerDevicePassword,
  answerDeviceSrp,
  confirmOffered,
  type SoftwareDevice,
  signInOnDevice,
} from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'

const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
const email = 'ana@example.test'
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const locked = { name: 'NotAuthorizedException', message: 'Attempt limit exceeded, please try after some time.' }

for (const engine of engines) {
  describe(`DEVICE_SRP_AUTH without a Session on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** A pool with two clients and two users. Both users have a second factor; ana has two remembered devices and bob has one. */
    async function given() {
      const { poolId, clientId } = await givenMfaPool(server(), 'OPTIONAL', ['email'], {
        pool: { DeviceConfiguration, AutoVerifiedAttributes: ['email'], AliasAttributes: ['email'] },
      })
      const ExplicitAuthFlows = ['ALLOW_USER_PASSWORD_AUTH' as const]
      const created = await server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'other', ExplicitAuthFlows }))
      const deviceOf = async (username: string) => {
        const { AuthenticationResult } = await signInByPassword(server(), clientId, username)
        return (await confirmOffered(server(), AuthenticationResult ?? {})).device
      }
      const verified = [
        { Name: 'email', Value: email },
        { Name: 'email_verified', Value: 'true' },
      ]
      await givenUser(server(), poolId, 'ana', { attributes: verified })
      await givenUser(server(), poolId, 'bob', { attributes: [{ Name: 'email', Value: 'bob@example.test' }] })
      const [device, second, bobs] = [await deviceOf('ana'), await deviceOf('ana'), await deviceOf('bob')]
      for (const name of ['ana', 'bob']) await prefer(server(), poolId, name, { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      const sent = (await server().inbox(email)).length
      const noCode = async () => assert.equal((await server().inbox(email)).length, sent, 'no code went out')
      return { poolId, clientId, otherClientId: created.UserPoolClient?.ClientId ?? '', device, second, bobs, noCode }
    }

    const begin = (clientId: string, device: SoftwareDevice, name = 'ana') => signInOnDevice(server(), clientId, name, device.key)
    const answer = (clientId: string, device: SoftwareDevice, name = 'ana') =>
      answerDeviceSrp(server(), clientId, { ChallengeParameters: { USERNAME: name } }, device)

    for (const name of ['ana', email]) {
      it(`accepts the proof of a device after the password of a user who signs in as ${name}`, async () => {
        const { clientId, device, noCode } = await given()
        assert.equal((await begin(clientId, device, name)).ChallengeName, 'DEVICE_SRP_AUTH')
        const asked = await answer(clientId, device, name)
        assert.equal(asked.challenge.ChallengeName, 'DEVICE_PASSWORD_VERIFIER')
        const { AuthenticationResult } = await answerDevicePassword(server(), clientId, asked, device)
        assert.equal(claimsOf(AuthenticationResult?.AccessToken ?? '')['device_key'], device.key)
        await noCode()
      })
    }

    it('rejects an answer when no challenge was issued, also from an unknown user or device', async () => {
      const { clientId, device, noCode } = await given()
      await assert.rejects(answer(clientId, device), invalid)
      await assert.rejects(answer(clientId, { ...device, key: 'us-east-1_00000000-0000-0000-0000-000000000000' }), invalid)
      await assert.rejects(answer(clientId, device, 'nobody'), invalid)
      // Neither a wrong password nor a sign-in without the device key issues the challenge.
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'))
      await assert.rejects(answer(clientId, device), invalid)
      await noCode()
      assert.equal((await signInByPassword(server(), clientId, 'ana')).ChallengeName, 'EMAIL_OTP')
      await assert.rejects(answer(clientId, device), invalid)
    })

    it('rejects an answer for another client, user or device than the challenge was issued to', async () => {
      const { clientId, otherClientId, device, second, bobs } = await given()
      await begin(clientId, device)
      await assert.rejects(answer(otherClientId, device), invalid)
      await assert.rejects(answer(clientId, second), invalid)
      await assert.rejects(answer(clientId, device, 'bob'), invalid)
      await assert.rejects(answer(clientId, bobs, 'bob'), invalid)
      await assert.rejects(answer(clientId, bobs), invalid)
      // The refusals have not consumed the challenge.
      assert.ok((await answerDevicePassword(server(), clientId, await answer(clientId, device), device)).AuthenticationResult)
    })

    it('accepts only one answer to a challenge, whether with the Session or without it', async () => {
      const { clientId, device } = await given()
      const asked = await begin(clientId, device)
      const first = await answer(clientId, device)
      await assert.rejects(answer(clientId, device), invalid)
      await assert.rejects(answerDeviceSrp(server(), clientId, asked, device), used)
      assert.ok((await answerDevicePassword(server(), clientId, first, device)).AuthenticationResult)
      await assert.rejects(answerDevicePassword(server(), clientId, first, device), used)
      await assert.rejects(answer(clientId, device), invalid)

      const other = await begin(clientId, device)
      await answerDeviceSrp(server(), clientId, other, device)
      await assert.rejects(answer(clientId, device), invalid)
    })

    it('accepts only one of many simultaneous answers', async () => {
      const { clientId, device } = await given()
      await begin(clientId, device)
      const answers = await Promise.allSettled(Array.from({ length: 5 }, () => answer(clientId, device)))
      assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 1)
    })

    it('rejects an answer once the Session of the challenge has expired, and accepts only one answer after two challenges', async () => {
      const { clientId, device } = await given()
      await begin(clientId, device)
      server().clock.advance(3 * 60_000)
      await assert.rejects(answer(clientId, device), invalid)
      await begin(clientId, device)
      await begin(clientId, device)
      await answer(clientId, device)
      await assert.rejects(answer(clientId, device), invalid)
    })

    it('rejects an answer after a sign-out everywhere, and after the device was forgotten', async () => {
      const { poolId, clientId, device } = await given()
      const admin = { UserPoolId: poolId, Username: 'ana' }
      await begin(clientId, device)
      await server().send(new AdminUserGlobalSignOutCommand(admin))
      await assert.rejects(answer(clientId, device), invalid)
      await begin(clientId, device)
      await server().send(new AdminForgetDeviceCommand({ ...admin, DeviceKey: device.key }))
      await assert.rejects(answer(clientId, device), invalid)
    })

    it('rejects a wrong device password', async () => {
      const { clientId, device } = await given()
      await begin(clientId, device)
      const thief = { ...device, password: 'stolen key, no password' }
      const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
      await assert.rejects(answerDevicePassword(server(), clientId, await answer(clientId, thief), thief), wrong)
    })

    it('locks after five answers that no challenge was waiting for, but still accepts an answer with a Session', async () => {
      const { clientId, device } = await given()
      for (let count = 0; count < 5; count++) await assert.rejects(answer(clientId, device), invalid)
      const asked = await begin(clientId, device)
      await assert.rejects(answer(clientId, device), locked)
      const { AuthenticationResult } = await answerDevicePassword(
        server(),
        clientId,
        await answerDeviceSrp(server(), clientId, asked, device),
        device,
      )
      assert.ok(AuthenticationResult)
      // The completed sign-in has not reset the count of answers that no challenge was waiting for.
      server().clock.advance(1000)
      await assert.rejects(answer(clientId, device), invalid)
      await begin(clientId, device)
      await assert.rejects(answer(clientId, device), locked)
    })

    it('rejects an answer without a required parameter, and names the parameter', async () => {
      const { clientId, device } = await given()
      const full: Record<string, string> = { USERNAME: 'ana', DEVICE_KEY: device.key, SRP_A: 'ab'.repeat(32) }
      for (const name of Object.keys(full)) {
        const ChallengeResponses = Object.fromEntries(Object.entries(full).filter(([key]) => key !== name))
        const command = new RespondToAuthChallengeCommand({ ClientId: clientId, ChallengeName: 'DEVICE_SRP_AUTH', ChallengeResponses })
        await assert.rejects(server().send(command), { name: 'InvalidParameterException', message: `Missing required parameter ${name}` })
      }
    })
  })
}
