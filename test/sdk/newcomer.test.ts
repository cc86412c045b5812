import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ConfirmSignUpCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  SignUpCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../support/engines.ts'
import { givenTokens, goodPassword, signInBySrp } from '../support/sign-in.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { tokenVerifier } from '../support/token-verifier.ts'

const ana = {
  Username: 'ana',
  Password: goodPassword,
  UserAttributes: [{ Name: 'email', Value: 'ana@example.test' }],
}

function refresh(server: TestServer, clientId: string, refreshToken: string) {
  const AuthParameters = { REFRESH_TOKEN: refreshToken }
  return server.send(new InitiateAuthCommand({ ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters }))
}

for (const engine of engines) {
  describe(`a new user with the official SDK on ${engine.name}`, () => {
    it('signs up, confirms, signs in by password and SRP, refreshes and signs out; a restart loses nothing', async () => {
      await using server = await startTestServer(engine)
      const ids = await server.givenPool({ pool: { AutoVerifiedAttributes: ['email'] } })
      const { poolId, clientId } = ids

      const signedUp = await server.send(new SignUpCommand({ ClientId: clientId, ...ana }))
      assert.equal(signedUp.UserConfirmed, false)
      assert.equal(signedUp.CodeDeliveryDetails?.Destination, 'a***@e***')
      const [message, ...more] = await server.inbox('ana@example.test')
      assert.deepEqual(more, [])
      await server.send(new ConfirmSignUpCommand({ ClientId: clientId, Username: 'ana', ConfirmationCode: message?.code ?? '' }))

      const first = await givenTokens(server, clientId, 'ana')
      const { AuthenticationResult: bySrp } = await signInBySrp(server, ids, 'ana')
      const access = tokenVerifier(server, { poolId, clientId, tokenUse: 'access' })
      const id = tokenVerifier(server, { poolId, clientId, tokenUse: 'id' })
      for (const tokens of [first, { accessToken: bySrp?.AccessToken ?? '', idToken: bySrp?.IdToken ?? '' }]) {
        assert.equal((await access.verify(tokens.accessToken))['username'], 'ana')
        const claims = await id.verify(tokens.idToken)
        assert.equal(claims['sub'], signedUp.UserSub)
        assert.equal(claims['email'], 'ana@example.test')
        assert.equal(claims['email_verified'], true)
      }

      const { AuthenticationResult: renewed } = await refresh(server, clientId, first.refreshToken)
      assert.equal((await access.verify(renewed?.AccessToken ?? ''))['sub'], signedUp.UserSub)
      assert.equal(renewed?.RefreshToken, undefined)

      await server.send(new GlobalSignOutCommand({ AccessToken: renewed?.AccessToken ?? '' }))
      await assert.rejects(refresh(server, clientId, first.refreshToken), { message: 'Refresh Token has been revoked' })
      const second = await givenTokens(server, clientId, 'ana')

      await server.restart()

      const user = await server.send(new GetUserCommand({ AccessToken: second.accessToken }))
      assert.equal(user.Username, 'ana')
      await assert.rejects(server.send(new GetUserCommand({ AccessToken: first.accessToken })), {
        name: 'NotAuthorizedException',
        message: 'Access Token has been revoked',
      })
      await access.verify(second.accessToken)
      await refresh(server, clientId, second.refreshToken)
      await givenTokens(server, clientId, 'ana')
      await signInBySrp(server, ids, 'ana')
      assert.equal((await server.inbox('ana@example.test'))[0]?.id, message?.id)
    })
  })
}
