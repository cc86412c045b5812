import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  AdminInitiateAuthCommand,
  AdminResetUserPasswordCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenUser, goodPassword, secretHash, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }

for (const engine of engines) {
  describe(`password sign-in on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('returns three tokens and no challenge', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')

      const reply = await signInByPassword(server(), clientId, 'ana')

      assert.equal(reply.ChallengeName, undefined)
      assert.deepEqual(reply.ChallengeParameters, {})
      assert.equal(reply.AuthenticationResult?.ExpiresIn, 3600)
      assert.equal(reply.AuthenticationResult?.TokenType, 'Bearer')
      assert.deepEqual(await server().inbox('ana'), [])
    })

    it('rejects a wrong password and an empty one', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'), wrong)
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter PASSWORD' }
      await assert.rejects(signInByPassword(server(), clientId, 'ana', ''), missing)
    })

    it('accepts the sub, and the username in any case where the pool ignores case', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { UsernameConfiguration: { CaseSensitive: false } } })
      const { sub } = await givenUser(server(), poolId, 'Ana')
      await signInByPassword(server(), clientId, 'ANA')
      await signInByPassword(server(), clientId, sub)
    })

    it('reveals that a user does not exist only where the client does not hide it', async () => {
      const { clientId } = await server().givenPool()
      await assert.rejects(signInByPassword(server(), clientId, 'nobody'), {
        name: 'UserNotFoundException',
        message: 'User does not exist.',
      })

      const hiding = await server().givenPool({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      await givenUser(server(), hiding.poolId, 'ana')
      await assert.rejects(signInByPassword(server(), hiding.clientId, 'nobody'), wrong)
      await assert.rejects(signInByPassword(server(), hiding.clientId, 'ana', 'Wrong-horse-7'), wrong)
    })

    it('locks after five failures, for users and unknown names alike, and accepts the right password after the lock', async () => {
      const { poolId, clientId } = await server().givenPool({ client: { PreventUserExistenceErrors: 'ENABLED' } })
      await givenUser(server(), poolId, 'ana')
      for (const name of ['ana', 'nobody']) {
        for (let guess = 0; guess < 5; guess++)
          await assert.rejects(signInByPassword(server(), clientId, name, `Wrong-horse-${guess}`), wrong)
        const locked = { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }
        await assert.rejects(signInByPassword(server(), clientId, name), locked)
        server().clock.advance(1001)
      }
      await signInByPassword(server(), clientId, 'ana')
    })

    it('doubles the lock with each further failure', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const locked = { message: 'Password attempts exceeded' }
      for (let guess = 0; guess < 5; guess++) await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'), wrong)
      server().clock.advance(1001)
      await assert.rejects(signInByPassword(server(), clientId, 'ana', 'Wrong-horse-7'), wrong)
      server().clock.advance(1001)
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), locked)
      server().clock.advance(1000)
      await signInByPassword(server(), clientId, 'ana')
    })

    it('judges five guesses of a parallel burst, and refuses all others as locked', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const guesses = Array.from({ length: 12 }, (_, guess) => signInByPassword(server(), clientId, 'ana', `Wrong-horse-${guess}`))
      const messages = (await Promise.allSettled(guesses)).map((outcome) => (outcome.status === 'rejected' ? outcome.reason.message : 'in'))
      assert.equal(messages.filter((message) => message === wrong.message).length, 5)
      assert.equal(messages.filter((message) => message === 'Password attempts exceeded').length, 7)
    })

    it('rejects users who are disabled, are unconfirmed or must reset their password, each in Cognito’s words', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      const email = [
        { Name: 'email', Value: 'ana@example.test' },
        { Name: 'email_verified', Value: 'true' },
      ]
      await givenUser(server(), poolId, 'disabled')
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'disabled' }))
      await assert.rejects(signInByPassword(server(), clientId, 'disabled'), {
        name: 'NotAuthorizedException',
        message: 'User is disabled.',
      })

      await givenUser(server(), poolId, 'reset', { attributes: email })
      await server().send(new AdminResetUserPasswordCommand({ UserPoolId: poolId, Username: 'reset' }))
      const reset = { name: 'PasswordResetRequiredException', message: 'Password reset required for the user' }
      await assert.rejects(signInByPassword(server(), clientId, 'reset'), reset)

      await server().send(new SignUpCommand({ ClientId: clientId, Username: 'new', Password: goodPassword }))
      const unconfirmed = { name: 'UserNotConfirmedException', message: 'User is not confirmed.' }
      await assert.rejects(signInByPassword(server(), clientId, 'new'), unconfirmed)
    })

    it('rejects flows that the client does not allow', async () => {
      const { poolId, clientId } = await server().givenPool({ client: { ExplicitAuthFlows: undefined } })
      await givenUser(server(), poolId, 'ana')
      const message = 'USER_PASSWORD_AUTH flow not enabled for this client'
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { name: 'InvalidParameterException', message })

      const admin = { UserPoolId: poolId, ClientId: clientId, AuthParameters: { USERNAME: 'ana', PASSWORD: goodPassword } }
      const call = server().send(new AdminInitiateAuthCommand({ ...admin, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH' }))
      await assert.rejects(call, { name: 'InvalidParameterException', message: 'Auth flow not enabled for this client' })
    })

    it('rejects the admin flow in InitiateAuth, and the user flow in AdminInitiateAuth', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const admin = { UserPoolId: poolId, ClientId: clientId, AuthParameters }
      const reply = await server().send(new AdminInitiateAuthCommand({ ...admin, AuthFlow: 'ADMIN_NO_SRP_AUTH' }))
      assert.ok(reply.AuthenticationResult?.AccessToken)

      const refusal = { name: 'InvalidParameterException', message: 'Initiate Auth method not supported.' }
      await assert.rejects(server().send(new AdminInitiateAuthCommand({ ...admin, AuthFlow: 'USER_PASSWORD_AUTH' })), refusal)
      const fromOutside = new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters })
      await assert.rejects(server().send(fromOutside), refusal)
    })

    it('requires the secret hash of a confidential client, over the name as typed', async () => {
      const { poolId, clientId, clientSecret = '' } = await server().givenPool({ client: { GenerateSecret: true } })
      const { sub } = await givenUser(server(), poolId, 'ana')
      const attempt = (name: string, hash?: string) =>
        server().send(
          new InitiateAuthCommand({
            ClientId: clientId,
            AuthFlow: 'USER_PASSWORD_AUTH',
            AuthParameters: { USERNAME: name, PASSWORD: goodPassword, ...(hash !== undefined && { SECRET_HASH: hash }) },
          }),
        )
      await attempt('ana', secretHash(clientSecret, 'ana', clientId))
      await attempt(sub, secretHash(clientSecret, sub, clientId))
      const missing = `Client ${clientId} is configured for secret but secret was not received`
      await assert.rejects(attempt('ana'), { name: 'NotAuthorizedException', message: missing })
      const mismatch = { name: 'NotAuthorizedException', message: `Unable to verify secret hash for client ${clientId}` }
      await assert.rejects(attempt('ana', secretHash(clientSecret, sub, clientId)), mismatch)
      await assert.rejects(attempt('ana', secretHash('wrong', 'ana', clientId)), mismatch)
    })

    it('rejects users of another pool', async () => {
      const { poolId } = await server().givenPool()
      const { sub } = await givenUser(server(), poolId, 'ana')
      const other = await server().givenPool()
      await assert.rejects(signInByPassword(server(), other.clientId, 'ana'), { name: 'UserNotFoundException' })
      await assert.rejects(signInByPassword(server(), other.clientId, sub), { name: 'UserNotFoundException' })
    })

    it('rejects an app client that does not exist, and names it', async () => {
      const clientId = 'abcdefghijklmnopqrstuvwxyz'
      const unknown = { name: 'ResourceNotFoundException', message: `User pool client ${clientId} does not exist.` }
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), unknown)
    })
  })
}
