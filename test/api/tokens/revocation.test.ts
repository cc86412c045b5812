import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminEnableUserCommand,
  AdminSetUserPasswordCommand,
  AdminUserGlobalSignOutCommand,
  ChangePasswordCommand,
  CreateUserPoolClientCommand,
  GlobalSignOutCommand,
  RevokeTokenCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { givenTokens, givenUser, goodPassword, secretHash, signInByPassword } from '../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { tokenVerifier } from '../../support/token-verifier.ts'
import { exchange, refresh, refreshRevoked, revoked, useAccessToken } from '../../support/tokens.ts'

const flows = ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const]

for (const engine of engines) {
  describe(`token revocation on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const revoke = (ClientId: string, Token: string, ClientSecret?: string) =>
      server().send(new RevokeTokenCommand({ ClientId, Token, ClientSecret }))

    async function givenSignIn(options: TestPoolOptions = {}) {
      const ids = await server().givenPool(options)
      await givenUser(server(), ids.poolId, 'ana')
      return { ...ids, ...(await givenTokens(server(), ids.clientId, 'ana')) }
    }

    async function givenOtherClient(poolId: string): Promise<string> {
      const request = { UserPoolId: poolId, ClientName: 'other', ExplicitAuthFlows: flows }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(request))
      return UserPoolClient?.ClientId ?? ''
    }

    it('ends all tokens of the sign-in that issued the refresh token, but no tokens of other sign-ins', async () => {
      const { poolId, clientId, ...first } = await givenSignIn()
      const renewed = await exchange(server(), { ClientId: clientId, RefreshToken: first.refreshToken })
      const second = await givenTokens(server(), clientId, 'ana')

      await revoke(clientId, first.refreshToken)
      for (const { accessToken } of [first, renewed]) await assert.rejects(useAccessToken(server(), accessToken), revoked)
      await assert.rejects(refresh(server(), clientId, first.refreshToken), refreshRevoked)
      await assert.rejects(exchange(server(), { ClientId: clientId, RefreshToken: first.refreshToken }), refreshRevoked)
      await useAccessToken(server(), second.accessToken)
      await refresh(server(), clientId, second.refreshToken)

      // A server that only verifies the token cannot notice the revocation.
      await tokenVerifier(server(), { poolId, clientId, tokenUse: 'access' }).verify(first.accessToken)
    })

    it('accepts revoked, expired and unknown tokens, and answers with an empty object', async () => {
      const { clientId, refreshToken } = await givenSignIn()
      for (const Token of [refreshToken, refreshToken, 'never-was-a-token', `${refreshToken}A`]) {
        const answer = await rawCall(server(), 'RevokeToken', { ClientId: clientId, Token })
        assert.deepEqual([answer.status, answer.text], [200, '{}'])
      }
      const old = await givenSignIn()
      server().clock.advance(31 * 24 * 3_600_000)
      await revoke(old.clientId, old.refreshToken)
    })

    it('requires an existing client, with its secret', async () => {
      const { poolId, clientId, clientSecret } = await server().givenPool({ client: { GenerateSecret: true } })
      await givenUser(server(), poolId, 'ana')
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword, SECRET_HASH: secretHash(clientSecret ?? '', 'ana', clientId) }
      const signIn = await rawCall(server(), 'InitiateAuth', { ClientId: clientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters })
      const { RefreshToken: token, AccessToken: accessToken } = signIn.body['AuthenticationResult'] as Record<string, string>
      const unauthorized = { name: 'UnauthorizedException' }
      await assert.rejects(revoke('abcdefghijklmnopqrstuvwxyz', token ?? ''), unauthorized)
      await assert.rejects(revoke(clientId, token ?? ''), unauthorized)
      await assert.rejects(revoke(clientId, token ?? '', 'notTheSecretAtAll00000000000'), unauthorized)
      await useAccessToken(server(), accessToken ?? '')
      await revoke(clientId, token ?? '', clientSecret)
      await assert.rejects(useAccessToken(server(), accessToken ?? ''), revoked)
    })

    it('rejects the token of another client, and does not revoke it', async () => {
      const { poolId, accessToken, refreshToken } = await givenSignIn()
      const other = await givenOtherClient(poolId)
      const elsewhere = await server().givenPool()
      for (const clientId of [other, elsewhere.clientId])
        await assert.rejects(revoke(clientId, refreshToken), { name: 'UnauthorizedException' })
      await useAccessToken(server(), accessToken)
    })

    it('rejects access and ID tokens', async () => {
      const { clientId, accessToken, idToken } = await givenSignIn()
      for (const token of [accessToken, idToken]) await assert.rejects(revoke(clientId, token), { name: 'UnsupportedTokenTypeException' })
      await useAccessToken(server(), accessToken)
    })

    it('is refused while it is turned off for the client; tokens that were revoked before stay revoked', async () => {
      const { poolId, clientId, accessToken, refreshToken } = await givenSignIn()
      await revoke(clientId, refreshToken)
      const request = { UserPoolId: poolId, ClientId: clientId, ExplicitAuthFlows: flows, EnableTokenRevocation: false }
      await server().send(new UpdateUserPoolClientCommand(request))
      await assert.rejects(useAccessToken(server(), accessToken), revoked)
      await assert.rejects(refresh(server(), clientId, refreshToken), refreshRevoked)

      const later = await givenTokens(server(), clientId, 'ana')
      await assert.rejects(revoke(clientId, later.refreshToken), { name: 'UnsupportedOperationException' })
      await refresh(server(), clientId, later.refreshToken)
    })
  })

  describe(`signing out everywhere on ${engine.name}`, () => {
    const server = useTestServer(engine)

    /** One user with a session in each of two clients, and another user with one session. */
    async function givenSignIns() {
      const { poolId, clientId } = await server().givenPool()
      const request = { UserPoolId: poolId, ClientName: 'other', ExplicitAuthFlows: flows }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(request))
      for (const name of ['ana', 'ben']) await givenUser(server(), poolId, name)
      const signIn = async (client: string, name: string) => ({ clientId: client, ...(await givenTokens(server(), client, name)) })
      const mine = [await signIn(clientId, 'ana'), await signIn(UserPoolClient?.ClientId ?? '', 'ana')] as const
      return { poolId, clientId, mine, others: await signIn(clientId, 'ben') }
    }

    async function requireOver({ mine, others, clientId }: Awaited<ReturnType<typeof givenSignIns>>) {
      for (const tokens of mine) {
        await assert.rejects(useAccessToken(server(), tokens.accessToken), revoked)
        await assert.rejects(refresh(server(), tokens.clientId, tokens.refreshToken), refreshRevoked)
      }
      await useAccessToken(server(), others.accessToken)
      await refresh(server(), clientId, others.refreshToken)
      await useAccessToken(server(), (await givenTokens(server(), clientId, 'ana')).accessToken)
    }

    it('ends all sessions of the user in all clients at once', async () => {
      const given = await givenSignIns()
      await server().send(new GlobalSignOutCommand({ AccessToken: given.mine[0].accessToken }))
      await assert.rejects(server().send(new GlobalSignOutCommand({ AccessToken: given.mine[1].accessToken })), revoked)
      await requireOver(given)
    })

    it('is possible with AdminUserGlobalSignOut', async () => {
      const given = await givenSignIns()
      await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: given.poolId, Username: 'ana' }))
      await requireOver(given)
      const nobody = new AdminUserGlobalSignOutCommand({ UserPoolId: given.poolId, Username: 'nobody' })
      await assert.rejects(server().send(nobody), { name: 'UserNotFoundException', message: 'User does not exist.' })
    })

    it('does not end a later sign-in, even if the clock was set back before that sign-in', async () => {
      const { poolId, clientId } = await givenSignIns()
      await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
      server().clock.advance(-2_000)
      const { AuthenticationResult: tokens } = await signInByPassword(server(), clientId, 'ana')
      await useAccessToken(server(), tokens?.AccessToken ?? '')
      server().clock.advance(2_000)
    })

    it('makes the operations for signed-in users reject the access token', async () => {
      const { mine } = await givenSignIns()
      const { accessToken } = mine[0]
      await server().send(new GlobalSignOutCommand({ AccessToken: accessToken }))
      const requests: Readonly<Record<string, object>> = {
        ChangePassword: { PreviousPassword: goodPassword, ProposedPassword: 'Another-horse-8' },
        DeleteUser: {},
        DeleteUserAttributes: { UserAttributeNames: ['name'] },
        GetUser: {},
        GetUserAttributeVerificationCode: { AttributeName: 'email' },
        GlobalSignOut: {},
        UpdateUserAttributes: { UserAttributes: [{ Name: 'name', Value: 'Ana' }] },
        VerifyUserAttribute: { AttributeName: 'email', Code: '123456' },
      }
      for (const [operation, members] of Object.entries(requests)) {
        const { body } = await rawCall(server(), operation, { AccessToken: accessToken, ...members })
        assert.deepEqual(body, { __type: revoked.name, message: revoked.message }, operation)
      }
    })

    it('is not caused by a new password', async () => {
      const { poolId, mine } = await givenSignIns()
      const [{ accessToken, refreshToken, clientId }] = mine
      const change = { AccessToken: accessToken, PreviousPassword: goodPassword, ProposedPassword: 'Another-horse-8' }
      await server().send(new ChangePasswordCommand(change))
      const set = { UserPoolId: poolId, Username: 'ana', Password: 'Third-horse-9', Permanent: true }
      await server().send(new AdminSetUserPasswordCommand(set))
      await server().send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      await useAccessToken(server(), accessToken)
      await refresh(server(), clientId, refreshToken)
    })
  })
}
