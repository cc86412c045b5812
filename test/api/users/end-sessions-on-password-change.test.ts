import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminResetUserPasswordCommand,
  AdminSetUserPasswordCommand,
  ChangePasswordCommand,
  ConfirmForgotPasswordCommand,
  ForgotPasswordCommand,
  GetUserCommand,
  GlobalSignOutCommand,
  InitiateAuthCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { callback, encode, givenOAuthPool } from '../../support/oauth.ts'
import { attributeList, codeSentTo, type PoolAndClient } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { formActionIn, hiddenFieldsIn, locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const newPassword = 'Another-horse-8'
const address = 'ana@example.test'

type Tokens = Awaited<ReturnType<typeof givenTokens>>

for (const engine of engines) {
  describe(`Sessions that a new password ends, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function given(EndOnPasswordChange = true): Promise<PoolAndClient> {
      const ids = await givenOAuthPool(server(), {
        client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] },
      })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Sessions: { EndOnPasswordChange } })
      await givenUser(server(), ids.poolId, 'ana', { attributes: attributeList({ email: address, email_verified: 'true' }) })
      return ids
    }

    /** Whether access token and refresh token of a session still work. */
    async function works({ clientId }: PoolAndClient, { accessToken, refreshToken }: Tokens): Promise<readonly [boolean, boolean]> {
      const succeeds = (sent: Promise<unknown>) =>
        sent.then(
          () => true,
          (error: Error) => {
            assert.equal(error.name, 'NotAuthorizedException')
            assert.match(error.message, /has been revoked$/)
            return false
          },
        )
      const refresh = { ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: { REFRESH_TOKEN: refreshToken } } as const
      return [
        await succeeds(server().send(new GetUserCommand({ AccessToken: accessToken }))),
        await succeeds(server().send(new InitiateAuthCommand(refresh))),
      ]
    }

    const both = [true, true]
    const neither = [false, false]

    const change = ({ accessToken }: Tokens, from = goodPassword, to = newPassword) =>
      server().send(new ChangePasswordCommand({ AccessToken: accessToken, PreviousPassword: from, ProposedPassword: to }))

    async function recover({ poolId, clientId }: PoolAndClient) {
      await server().send(new ForgotPasswordCommand({ ClientId: clientId, Username: 'ana' }))
      const ConfirmationCode = await codeSentTo(server(), poolId, address)
      await server().send(
        new ConfirmForgotPasswordCommand({ ClientId: clientId, Username: 'ana', ConfirmationCode, Password: newPassword }),
      )
    }

    const setByAdmin = ({ poolId }: PoolAndClient, Permanent = true, Password = newPassword) =>
      server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password, Permanent }))

    it('are all but the one of the caller, when the user changes the password', async () => {
      const ids = await given()
      const [own, other] = [await givenTokens(server(), ids.clientId, 'ana'), await givenTokens(server(), ids.clientId, 'ana')]
      await change(own)
      assert.deepEqual([await works(ids, own), await works(ids, other)], [both, neither])
      await change(own, newPassword, goodPassword)
      assert.deepEqual(await works(ids, own), both)
      assert.deepEqual(await works(ids, await givenTokens(server(), ids.clientId, 'ana')), both)
    })

    it('do not include the one of the caller, which a later sign-out ends', async () => {
      const ids = await given()
      const own = await givenTokens(server(), ids.clientId, 'ana')
      await change(own)
      await server().send(new GlobalSignOutCommand({ AccessToken: own.accessToken }))
      assert.deepEqual(await works(ids, own), neither)
    })

    it('do not come back when their user changes the password in another one', async () => {
      const ids = await given()
      const [own, revoked] = [await givenTokens(server(), ids.clientId, 'ana'), await givenTokens(server(), ids.clientId, 'ana')]
      await server().send(new RevokeTokenCommand({ ClientId: ids.clientId, Token: revoked.refreshToken }))
      await change(own)
      await assert.rejects(change(revoked, newPassword, 'Third-horse-9'), { message: 'Access Token has been revoked' })
      assert.deepEqual(await works(ids, revoked), neither)
    })

    it('are all of them, when a password is not changed by the user in a session', async () => {
      for (const end of [recover, (ids: PoolAndClient) => setByAdmin(ids), (ids: PoolAndClient) => setByAdmin(ids, false)]) {
        const ids = await given()
        const tokens = [await givenTokens(server(), ids.clientId, 'ana'), await givenTokens(server(), ids.clientId, 'ana')]
        await end(ids)
        assert.deepEqual(await Promise.all(tokens.map((one) => works(ids, one))), [neither, neither])
      }
    })

    it('end when an administrator demands another password, and stay ended once it is set', async () => {
      const ids = await given()
      const tokens = await givenTokens(server(), ids.clientId, 'ana')
      await server().send(new AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
      assert.deepEqual(await works(ids, tokens), neither)
      const ConfirmationCode = await codeSentTo(server(), ids.poolId, address)
      await server().send(
        new ConfirmForgotPasswordCommand({ ClientId: ids.clientId, Username: 'ana', ConfirmationCode, Password: newPassword }),
      )
      assert.deepEqual(await works(ids, tokens), neither)
      assert.deepEqual(await works(ids, await givenTokens(server(), ids.clientId, 'ana', newPassword)), both)
    })

    it('do not include the one that begins with the new password in place of a temporary one', async () => {
      const ids = await given()
      await setByAdmin(ids, false, 'Temporary-horse-1')
      const { Session } = await signInByPassword(server(), ids.clientId, 'ana', 'Temporary-horse-1')
      const ChallengeResponses = { USERNAME: 'ana', NEW_PASSWORD: newPassword }
      const answer = { ClientId: ids.clientId, ChallengeName: 'NEW_PASSWORD_REQUIRED', Session, ChallengeResponses } as const
      const { AuthenticationResult: result } = await server().send(new RespondToAuthChallengeCommand(answer))
      const tokens = { accessToken: result?.AccessToken ?? '', refreshToken: result?.RefreshToken ?? '', idToken: '' }
      assert.deepEqual(await works(ids, tokens), both)
    })

    it('are none when the new password is refused', async () => {
      const ids = await given()
      const [own, other] = [await givenTokens(server(), ids.clientId, 'ana'), await givenTokens(server(), ids.clientId, 'ana')]
      await assert.rejects(change(own, 'Wrong-horse-1'), { message: 'Incorrect username or password.' })
      await assert.rejects(change(own, goodPassword, 'too-short'), { name: 'InvalidPasswordException' })
      assert.deepEqual([await works(ids, own), await works(ids, other)], [both, both])
    })

    it('include those of browsers', async () => {
      for (const end of [recover, (ids: PoolAndClient) => setByAdmin(ids)]) {
        const ids = await given()
        const request = encode({ client_id: ids.clientId, redirect_uri: callback, response_type: 'code' })
        const browser = new TestBrowser(server())
        const page = await browser.visit(`/login?${request}`)
        await browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), username: 'ana', password: goodPassword })
        const isSignedIn = async () => locationOf(await browser.visit(`/oauth2/authorize?${request}`)).startsWith(callback)
        assert.equal(await isSignedIn(), true)
        await end(ids)
        assert.equal(await isSignedIn(), false)
      }
    })

    it('are none in other pools, as at Cognito', async () => {
      const ids = await given(false)
      const [own, other] = [await givenTokens(server(), ids.clientId, 'ana'), await givenTokens(server(), ids.clientId, 'ana')]
      await change(own)
      await setByAdmin(ids, true, 'Third-horse-9')
      await server().send(new AdminResetUserPasswordCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
      await recover(ids)
      assert.deepEqual([await works(ids, own), await works(ids, other)], [both, both])
    })
  })
}
