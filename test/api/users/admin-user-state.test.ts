import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminConfirmSignUpCommand,
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  GetUserCommand,
  InitiateAuthCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminCreateSilently, adminGet, outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { codeSentTo, confirm, sentTo, signUp } from '../../support/self-service.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const operations = {
  AdminConfirmSignUp: (server: TestServer, UserPoolId: string, Username: string) =>
    server.send(new AdminConfirmSignUpCommand({ UserPoolId, Username })),
  AdminDeleteUser: (server: TestServer, UserPoolId: string, Username: string) =>
    server.send(new AdminDeleteUserCommand({ UserPoolId, Username })),
  AdminDisableUser: (server: TestServer, UserPoolId: string, Username: string) =>
    server.send(new AdminDisableUserCommand({ UserPoolId, Username })),
  AdminEnableUser: (server: TestServer, UserPoolId: string, Username: string) =>
    server.send(new AdminEnableUserCommand({ UserPoolId, Username })),
  AdminGetUser: (server: TestServer, UserPoolId: string, Username: string) => adminGet(server, UserPoolId, Username),
}

const unknownUser = { name: 'UserNotFoundException', message: 'User does not exist.' }

for (const engine of engines) {
  describe(`A user that administrators manage on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const act = (name: keyof typeof operations, poolId: string, username = 'ana') => operations[name](server(), poolId, username)
    const refresh = (clientId: string, token: string) =>
      server().send(
        new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: token } }),
      )

    for (const name of Object.keys(operations) as (keyof typeof operations)[]) {
      it(`is neither found nor changed by ${name} through another pool`, async () => {
        const one = await server().givenPool()
        const other = await server().givenPool()
        const { sub } = await givenUser(server(), one.poolId, 'ana')
        const before = await adminGet(server(), one.poolId, 'ana')
        for (const username of ['ana', sub, '__proto__']) await assert.rejects(act(name, other.poolId, username), unknownUser)
        await assert.rejects(act(name, 'us-east-1_AAAAAAAAA'), { name: 'ResourceNotFoundException' })
        await assert.rejects(act(name, one.poolId, 'a\u0000na'), { name: 'InvalidParameterException' })
        assert.deepEqual(await adminGet(server(), one.poolId, 'ana'), before)
      })
    }

    it('is found by AdminGetUser under the username, the sub and each alias', async () => {
      const { poolId } = await server().givenPool({ pool: { AliasAttributes: ['email', 'phone_number', 'preferred_username'] } })
      const attributes = {
        email: 'ana@example.test',
        email_verified: 'true',
        phone_number: '+15550001234',
        phone_number_verified: 'true',
        preferred_username: 'annie',
      }
      const { attributes: stored } = await adminCreateSilently(server(), poolId, 'ana', { attributes })
      for (const name of ['ana', stored['sub'] ?? '', 'ana@example.test', '+15550001234', 'annie']) {
        assert.deepEqual((await adminGet(server(), poolId, name)).attributes, stored)
      }
      await assert.rejects(adminGet(server(), poolId, 'ANA'), unknownUser)
    })

    it('becomes CONFIRMED by AdminConfirmSignUp, which works only once and verifies no address', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'], AliasAttributes: ['email'] } })
      await signUp(server(), clientId, 'ana', { email: 'ana@example.test' })
      const code = await codeSentTo(server(), poolId, 'ana@example.test')
      const { $metadata, ...answer } = (await act('AdminConfirmSignUp', poolId)) as { $metadata: unknown }
      assert.deepEqual(answer, {})
      const user = await adminGet(server(), poolId, 'ana')
      assert.deepEqual([user.UserStatus, user.attributes['email_verified']], ['CONFIRMED', 'false'])
      await assert.rejects(adminGet(server(), poolId, 'ana@example.test'), unknownUser)
      await givenTokens(server(), clientId, 'ana')

      const again = { name: 'NotAuthorizedException', message: 'User cannot be confirmed. Current status is CONFIRMED' }
      await assert.rejects(act('AdminConfirmSignUp', poolId), again)
      await assert.rejects(confirm(server(), clientId, 'ana', code), again)
      await adminCreateSilently(server(), poolId, 'bob')
      await assert.rejects(act('AdminConfirmSignUp', poolId, 'bob'), {
        name: 'NotAuthorizedException',
        message: 'User cannot be confirmed. Current status is FORCE_CHANGE_PASSWORD',
      })
      assert.deepEqual(await sentTo(server(), poolId), ['sign-up ana@example.test'])
    })

    it('becomes CONFIRMED by exactly one of many simultaneous AdminConfirmSignUp requests', async () => {
      const { poolId, clientId } = await server().givenPool()
      await signUp(server(), clientId, 'ana')
      const attempts = Array.from({ length: 6 }, () => act('AdminConfirmSignUp', poolId))
      assert.deepEqual(await outcomes(attempts), [...Array(5).fill('NotAuthorizedException'), 'ok'])
    })

    it('becomes CONFIRMED by AdminConfirmSignUp although PostConfirmation fails; the answer is an error', async () => {
      const PostConfirmation = 'arn:aws:lambda:us-east-1:123456789012:function:greet'
      const { poolId, clientId } = await server().givenPool({ pool: { LambdaConfig: { PostConfirmation } } })
      await signUp(server(), clientId, 'ana')
      await assert.rejects(act('AdminConfirmSignUp', poolId), { name: 'UnexpectedLambdaException' })
      assert.equal((await adminGet(server(), poolId, 'ana')).UserStatus, 'CONFIRMED')
    })

    it('is disabled by AdminDisableUser, which ends all sessions; AdminEnableUser does not bring the sessions back', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      await givenUser(server(), poolId, 'bob')
      const { accessToken, refreshToken } = await givenTokens(server(), clientId, 'ana')
      const bobs = await givenTokens(server(), clientId, 'bob')
      const { $metadata, ...answer } = (await act('AdminDisableUser', poolId)) as { $metadata: unknown }
      assert.deepEqual(answer, {})
      const { Enabled, UserStatus } = await adminGet(server(), poolId, 'ana')
      assert.deepEqual([Enabled, UserStatus], [false, 'CONFIRMED'])
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'NotAuthorizedException', message: 'User is disabled.' })
      await assert.rejects(refresh(clientId, refreshToken), { name: 'NotAuthorizedException' })
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), { name: 'NotAuthorizedException' })
      await act('AdminDisableUser', poolId)

      await act('AdminEnableUser', poolId)
      await act('AdminEnableUser', poolId)
      assert.equal((await adminGet(server(), poolId, 'ana')).Enabled, true)
      const revoked = { name: 'NotAuthorizedException', message: 'Access Token has been revoked' }
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), revoked)
      await assert.rejects(refresh(clientId, refreshToken), { name: 'NotAuthorizedException' })
      await givenTokens(server(), clientId, 'ana')
      assert.equal((await server().send(new GetUserCommand({ AccessToken: bobs.accessToken }))).Username, 'bob')
    })

    it('is deleted by AdminDeleteUser, which frees the username and the alias for another user', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { AliasAttributes: ['email'] } })
      const attributes = [
        { Name: 'email', Value: 'ana@example.test' },
        { Name: 'email_verified', Value: 'true' },
      ]
      const first = await givenUser(server(), poolId, 'ana', { attributes })
      const { accessToken, refreshToken } = await givenTokens(server(), clientId, 'ana')
      await act('AdminDeleteUser', poolId, 'ana@example.test')
      await assert.rejects(adminGet(server(), poolId, first.sub), unknownUser)
      await assert.rejects(act('AdminDeleteUser', poolId), unknownUser)
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), unknownUser)
      await assert.rejects(refresh(clientId, refreshToken), { name: 'NotAuthorizedException' })

      const second = await givenUser(server(), poolId, 'ana', { attributes })
      assert.notEqual(second.sub, first.sub)
      await assert.rejects(server().send(new GetUserCommand({ AccessToken: accessToken })), unknownUser)
    })

    it('no longer exists after simultaneous changes and deletions; each request succeeds or finds no user', async () => {
      const { poolId } = await server().givenPool()
      for (let round = 0; round < 5; round++) {
        await adminCreateSilently(server(), poolId, 'ana')
        const reached = await outcomes([
          act('AdminDisableUser', poolId),
          act('AdminDeleteUser', poolId),
          act('AdminEnableUser', poolId),
          act('AdminDeleteUser', poolId),
        ])
        assert.ok(
          reached.every((outcome) => outcome === 'ok' || outcome === 'UserNotFoundException'),
          reached.join(),
        )
        await assert.rejects(adminGet(server(), poolId, 'ana'), unknownUser)
      }
    })
  })
}
