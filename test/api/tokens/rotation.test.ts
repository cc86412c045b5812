import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type CreateUserPoolClientCommandInput,
  RevokeTokenCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { claimsOf, givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { exchange, refresh, refreshRevoked, revoked, useAccessToken } from '../../support/tokens.ts'

const reused = { name: 'RefreshTokenReuseException' }
const password = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] } satisfies Partial<CreateUserPoolClientCommandInput>

for (const engine of engines) {
  describe(`refresh token rotation on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenSignIn(graceSeconds: number, more: Partial<CreateUserPoolClientCommandInput> = {}) {
      const RefreshTokenRotation = { Feature: 'ENABLED', RetryGracePeriodSeconds: graceSeconds } as const
      const ids = await server().givenPool({ client: { ...password, RefreshTokenRotation, ...more } })
      await givenUser(server(), ids.poolId, 'ana')
      const rotate = async (refreshToken: string) => {
        const tokens = await exchange(server(), { ClientId: ids.clientId, RefreshToken: refreshToken })
        return { ...tokens, refreshToken: tokens.refreshToken ?? '' }
      }
      return { ...ids, rotate, ...(await givenTokens(server(), ids.clientId, 'ana')) }
    }

    it('returns a new refresh token of the same sign-in each time', async () => {
      const { rotate, ...first } = await givenSignIn(0)
      const second = await rotate(first.refreshToken)
      const third = await rotate(second.refreshToken)
      assert.equal(new Set([first.refreshToken, second.refreshToken, third.refreshToken]).size, 3)
      for (const claim of ['origin_jti', 'auth_time', 'event_id'])
        assert.equal(claimsOf(third.accessToken)[claim], claimsOf(first.accessToken)[claim])
      for (const { accessToken } of [first, second, third]) await useAccessToken(server(), accessToken)
    })

    it('ends the session when a replaced token is used again', async () => {
      const { rotate, ...first } = await givenSignIn(0)
      const second = await rotate(first.refreshToken)
      await assert.rejects(rotate(first.refreshToken), reused)
      await assert.rejects(rotate(second.refreshToken), refreshRevoked)
      await assert.rejects(rotate(first.refreshToken), refreshRevoked)
      for (const { accessToken } of [first, second]) await assert.rejects(useAccessToken(server(), accessToken), revoked)
    })

    it('ends no other session of the user when a replaced token ends its session', async () => {
      const { rotate, clientId, ...first } = await givenSignIn(0)
      const other = await givenTokens(server(), clientId, 'ana')
      await rotate(first.refreshToken)
      await assert.rejects(rotate(first.refreshToken), reused)
      await rotate(other.refreshToken)
      await useAccessToken(server(), other.accessToken)
    })

    it('accepts the replaced token during the grace period only', async () => {
      const { rotate, ...first } = await givenSignIn(10)
      const second = await rotate(first.refreshToken)
      server().clock.advance(9_000)
      const again = await rotate(first.refreshToken)
      await useAccessToken(server(), again.accessToken)
      server().clock.advance(1_001)
      await assert.rejects(rotate(first.refreshToken), reused)
      for (const { refreshToken } of [second, again]) await assert.rejects(rotate(refreshToken), refreshRevoked)
    })

    it('rejects a token whose successor has been replaced as well, even in the grace period', async () => {
      const { rotate, ...first } = await givenSignIn(60)
      const second = await rotate(first.refreshToken)
      await rotate(second.refreshToken)
      await assert.rejects(rotate(first.refreshToken), reused)
    })

    it('accepts only one of several simultaneous refreshes without a grace period; with a grace period it accepts all', async () => {
      const strict = await givenSignIn(0)
      const outcomes = await Promise.allSettled([1, 2, 3].map(() => strict.rotate(strict.refreshToken)))
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
      const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.name] : []))
      assert.ok(reasons.includes('RefreshTokenReuseException'), reasons.join())

      const lenient = await givenSignIn(60)
      const winners = await Promise.all([1, 2, 3].map(() => lenient.rotate(lenient.refreshToken)))
      await lenient.rotate(winners[2]?.refreshToken ?? '')
    })

    it('keeps the expiry of the first refresh token', async () => {
      const { rotate, ...first } = await givenSignIn(0, { RefreshTokenValidity: 60, TokenValidityUnits: { RefreshToken: 'minutes' } })
      server().clock.advance(59 * 60_000)
      const second = await rotate(first.refreshToken)
      server().clock.advance(60_000)
      await assert.rejects(rotate(second.refreshToken), { name: 'NotAuthorizedException', message: 'Refresh Token has expired' })
    })

    it('makes the client unable to use the flow REFRESH_TOKEN_AUTH', async () => {
      // A client whose flows all have old names (without ALLOW_) may use REFRESH_TOKEN_AUTH, too, unless it rotates refresh tokens.
      const { clientId, refreshToken } = await givenSignIn(0, { ExplicitAuthFlows: ['USER_PASSWORD_AUTH'] })
      const refused = { name: 'InvalidParameterException', message: /rotation/ }
      await assert.rejects(refresh(server(), clientId, refreshToken), refused)
    })

    it('revokes the older tokens as well when the newest refresh token is revoked', async () => {
      const { rotate, clientId, ...first } = await givenSignIn(60)
      const second = await rotate(first.refreshToken)
      await server().send(new RevokeTokenCommand({ ClientId: clientId, Token: second.refreshToken }))
      for (const token of [first.refreshToken, second.refreshToken]) await assert.rejects(rotate(token), refreshRevoked)
      for (const { accessToken } of [first, second]) await assert.rejects(useAccessToken(server(), accessToken), revoked)
    })

    it('rejects a replaced token even after the client stops rotating', async () => {
      const { rotate, poolId, clientId, ...first } = await givenSignIn(60)
      const second = await rotate(first.refreshToken)
      const flows = {
        ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      } satisfies Partial<CreateUserPoolClientCommandInput>
      await server().send(new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId, ...flows }))
      await assert.rejects(refresh(server(), clientId, first.refreshToken), refreshRevoked)
      await refresh(server(), clientId, second.refreshToken)
    })

    it('applies to tokens that were issued before rotation was turned on', async () => {
      const { poolId, clientId } = await server().givenPool()
      await givenUser(server(), poolId, 'ana')
      const { refreshToken } = await givenTokens(server(), clientId, 'ana')
      const RefreshTokenRotation = { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 } as const
      const change = { UserPoolId: poolId, ClientId: clientId, ...password, RefreshTokenRotation }
      await server().send(new UpdateUserPoolClientCommand(change))
      const rotated = await exchange(server(), { ClientId: clientId, RefreshToken: refreshToken })
      assert.ok(rotated.refreshToken)
      await assert.rejects(exchange(server(), { ClientId: clientId, RefreshToken: refreshToken }), reused)
    })
  })
}
