import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminInitiateAuthCommand,
  AdminUpdateUserAttributesCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  DeleteUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { claimsOf, givenTokens, givenUser, secretHash, signInByPassword } from '../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { exchange, refresh, useAccessToken } from '../../support/tokens.ts'

const invalid = { name: 'NotAuthorizedException', message: 'Invalid Refresh Token' }
const hourOfRefresh: Partial<CreateUserPoolClientCommandInput> = {
  RefreshTokenValidity: 60,
  TokenValidityUnits: { RefreshToken: 'minutes' },
}

for (const engine of engines) {
  describe(`refreshing tokens on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenSignIn(options: TestPoolOptions = {}) {
      const ids = await server().givenPool(options)
      const { sub } = await givenUser(server(), ids.poolId, 'ana')
      return { ...ids, sub, ...(await givenTokens(server(), ids.clientId, 'ana')) }
    }

    /** A confidential client and the refresh token of a user who has signed in there. */
    async function givenConfidentialSignIn(pool: TestPoolOptions['pool'], attributes: { Name: string; Value: string }[], name: string) {
      const ids = await server().givenPool({ ...(pool && { pool }), client: { GenerateSecret: true } })
      const user = await givenUser(server(), ids.poolId, name, { attributes })
      const hash = (of: string) => secretHash(ids.clientSecret ?? '', of, ids.clientId)
      const AuthParameters = { USERNAME: name, PASSWORD: 'Correct-horse-7', SECRET_HASH: hash(name) }
      const request = { UserPoolId: ids.poolId, ClientId: ids.clientId, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters } as const
      const reply = await server().send(new AdminInitiateAuthCommand(request))
      return { ...ids, ...user, hash, refreshToken: reply.AuthenticationResult?.RefreshToken ?? '' }
    }

    it('returns new tokens of the same sign-in and keeps the refresh token', async () => {
      const { clientId, ...old } = await givenSignIn()
      server().clock.advance(90_000)
      const reply = await refresh(server(), clientId, old.refreshToken)
      assert.deepEqual(reply.ChallengeParameters, {})
      assert.equal(reply.ChallengeName, undefined)
      const { AccessToken = '', IdToken = '', ...rest } = reply.AuthenticationResult ?? {}
      assert.deepEqual(rest, { ExpiresIn: 3600, TokenType: 'Bearer' })
      for (const [before, after] of [
        [claimsOf(old.accessToken), claimsOf(AccessToken)],
        [claimsOf(old.idToken), claimsOf(IdToken)],
      ] as const) {
        const { jti, iat, exp, ...same } = after
        assert.deepEqual({ ...same, jti: before['jti'], iat: before['iat'], exp: before['exp'] }, before)
        assert.notEqual(jti, before['jti'])
        const later = Number(iat) - Number(before['iat'])
        assert.ok(later >= 90 && later < 120, `issued ${later} s later`)
        assert.equal(Number(exp) - Number(iat), 3600)
      }
      await useAccessToken(server(), AccessToken)
      await refresh(server(), clientId, old.refreshToken)
    })

    it('is possible with GetTokensFromRefreshToken, and with AdminInitiateAuth by the flow’s new or old name', async () => {
      const { poolId, clientId, refreshToken, accessToken } = await givenSignIn()
      const request = { ClientId: clientId, UserPoolId: poolId, AuthParameters: { REFRESH_TOKEN: refreshToken } }
      for (const AuthFlow of ['REFRESH_TOKEN', 'REFRESH_TOKEN_AUTH'] as const) {
        const { AuthenticationResult: tokens } = await server().send(new AdminInitiateAuthCommand({ ...request, AuthFlow }))
        assert.equal(claimsOf(tokens?.AccessToken ?? '')['origin_jti'], claimsOf(accessToken)['origin_jti'])
      }
      const exchanged = await exchange(server(), { ClientId: clientId, RefreshToken: refreshToken })
      assert.equal(claimsOf(exchanged.accessToken)['origin_jti'], claimsOf(accessToken)['origin_jti'])
      assert.equal(exchanged.refreshToken, undefined)
    })

    it('puts the current attributes of the user into the ID token', async () => {
      const { poolId, clientId, refreshToken } = await givenSignIn()
      const UserAttributes = [{ Name: 'name', Value: 'Ana' }]
      await server().send(new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: 'ana', UserAttributes }))
      const { idToken } = await exchange(server(), { ClientId: clientId, RefreshToken: refreshToken })
      assert.equal(claimsOf(idToken)['name'], 'Ana')
    })

    it('works until the refresh token expires', async () => {
      const { clientId, refreshToken } = await givenSignIn({ client: hourOfRefresh })
      server().clock.advance(59 * 60_000)
      await refresh(server(), clientId, refreshToken)
      server().clock.advance(60_000)
      const expired = { name: 'NotAuthorizedException', message: 'Refresh Token has expired' }
      await assert.rejects(refresh(server(), clientId, refreshToken), expired)
      await assert.rejects(exchange(server(), { ClientId: clientId, RefreshToken: refreshToken }), expired)
    })

    it('works for thirty days by default', async () => {
      const { clientId, refreshToken } = await givenSignIn()
      const day = 24 * 3_600_000
      server().clock.advance(30 * day - 60_000)
      await refresh(server(), clientId, refreshToken)
      server().clock.advance(60_000)
      await assert.rejects(refresh(server(), clientId, refreshToken), { message: 'Refresh Token has expired' })
    })

    it('rejects a token that is garbage, altered, of another kind, or of another client or pool', async () => {
      const { poolId, clientId, refreshToken, accessToken, idToken } = await givenSignIn()
      const other = await givenSignIn()
      const at = Math.floor(refreshToken.length / 2)
      const altered = `${refreshToken.slice(0, at)}${refreshToken[at] === 'A' ? 'B' : 'A'}${refreshToken.slice(at + 1)}`
      const bad = [altered, refreshToken.slice(0, -4), `${refreshToken}A`, 'garbage', 'eyJjdHkiOiJKV1QifQ.a.b.c.d', accessToken, idToken]
      for (const token of [...bad, other.refreshToken]) {
        await assert.rejects(refresh(server(), clientId, token), invalid)
        await assert.rejects(exchange(server(), { ClientId: clientId, RefreshToken: token }), invalid)
      }
      const sibling = { UserPoolId: poolId, ClientName: 'sibling' }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(sibling))
      for (const stranger of [other.clientId, UserPoolClient?.ClientId ?? '']) {
        await assert.rejects(refresh(server(), stranger, refreshToken), invalid)
        await assert.rejects(exchange(server(), { ClientId: stranger, RefreshToken: refreshToken }), invalid)
      }
      const request = { ClientId: clientId, AuthFlow: 'REFRESH_TOKEN_AUTH', AuthParameters: {} } as const
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter REFRESH_TOKEN' }
      await assert.rejects(server().send(new AdminInitiateAuthCommand({ ...request, UserPoolId: poolId })), missing)
      await refresh(server(), clientId, refreshToken)
    })

    it('is refused to clients that do not allow the flow', async () => {
      const { poolId, clientId } = await server().givenPool({ client: { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] } })
      await givenUser(server(), poolId, 'ana')
      const { AuthenticationResult: tokens } = await signInByPassword(server(), clientId, 'ana')
      const message = 'REFRESH_TOKEN_AUTH flow not enabled for this client'
      await assert.rejects(refresh(server(), clientId, tokens?.RefreshToken ?? ''), { name: 'InvalidParameterException', message })
    })

    it('requires the secret hash of a confidential client, over the stored username', async () => {
      const email = [
        { Name: 'email', Value: 'ana@example.test' },
        { Name: 'email_verified', Value: 'true' },
      ]
      const { clientId, refreshToken, hash, sub } = await givenConfidentialSignIn({ AliasAttributes: ['email'] }, email, 'ana')
      await refresh(server(), clientId, refreshToken, hash('ana'))
      const mismatch = { name: 'NotAuthorizedException', message: `SecretHash does not match for the client: ${clientId}` }
      for (const wrong of [hash('ana@example.test'), hash(sub), hash('Ana'), 'bm90IGEgaGFzaA=='])
        await assert.rejects(refresh(server(), clientId, refreshToken, wrong), mismatch)
      const missing = `Client ${clientId} is configured for secret but secret was not received`
      await assert.rejects(refresh(server(), clientId, refreshToken), { name: 'NotAuthorizedException', message: missing })
    })

    it('requires the secret hash over the sub where users sign up with an address', async () => {
      const pool = { UsernameAttributes: ['email' as const] }
      const { clientId, refreshToken, hash, sub } = await givenConfidentialSignIn(pool, [], 'ana@example.test')
      await refresh(server(), clientId, refreshToken, hash(sub))
      await assert.rejects(refresh(server(), clientId, refreshToken, hash('ana@example.test')), /SecretHash does not match/)
    })

    it('requires the client secret itself in GetTokensFromRefreshToken', async () => {
      const { clientId, clientSecret, refreshToken, hash } = await givenConfidentialSignIn(undefined, [], 'ana')
      const request = { ClientId: clientId, RefreshToken: refreshToken }
      await exchange(server(), { ...request, ClientSecret: clientSecret })
      const refused = { name: 'NotAuthorizedException' }
      await assert.rejects(exchange(server(), request), refused)
      await assert.rejects(exchange(server(), { ...request, ClientSecret: 'notTheSecretAtAll00000000000' }), refused)
      await assert.rejects(exchange(server(), { ...request, ClientSecret: hash('ana').replace(/[^\w]/g, '') }), refused)
    })

    it('is refused once the user is disabled or deleted', async () => {
      const disabled = await givenSignIn()
      await server().send(new AdminDisableUserCommand({ UserPoolId: disabled.poolId, Username: 'ana' }))
      const refused = { name: 'NotAuthorizedException', message: 'User is disabled.' }
      await assert.rejects(refresh(server(), disabled.clientId, disabled.refreshToken), refused)

      const deleted = await givenSignIn()
      await server().send(new AdminDeleteUserCommand({ UserPoolId: deleted.poolId, Username: 'ana' }))
      await assert.rejects(refresh(server(), deleted.clientId, deleted.refreshToken), invalid)
      await givenUser(server(), deleted.poolId, 'ana')
      await assert.rejects(refresh(server(), deleted.clientId, deleted.refreshToken), invalid)
    })

    it('is refused once the client is deleted', async () => {
      const { poolId, clientId, refreshToken } = await givenSignIn()
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      const gone = { name: 'ResourceNotFoundException', message: `User pool client ${clientId} does not exist.` }
      await assert.rejects(refresh(server(), clientId, refreshToken), gone)
      await assert.rejects(exchange(server(), { ClientId: clientId, RefreshToken: refreshToken }), gone)
    })
  })
}
