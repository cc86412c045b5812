import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteUserCommand, AdminUserGlobalSignOutCommand, RevokeTokenCommand } from '@aws-sdk/client-cognito-identity-provider'
import { readSessionId, writeSessionId } from '../../../../src/tokens/sessions/session-id.ts'
import { outcomes } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import { rawCall } from '../../../support/raw-call.ts'
import { givenTokens } from '../../../support/sign-in.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { exchange, refresh, refreshRevoked, revoked, useAccessToken } from '../../../support/tokens.ts'
import {
  eventIdOf,
  givenOtherClient,
  givenTrackingPool,
  idsOf,
  listAsAdmin,
  listOwn,
  noSession,
  revokeAsAdmin,
  revokeOwn,
  signIn,
  track,
} from './session-calls.ts'

for (const engine of engines) {
  describe(`ending one session on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('revokes all tokens of the session but no other session, and answers with an empty object', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      const other = await givenOtherClient(server(), poolId)
      const [mine, lost, found] = [await signIn(server(), clientId), await signIn(server(), other), await signIn(server(), other)]
      const renewed = await exchange(server(), { ClientId: other, RefreshToken: lost.refreshToken })
      const answer = await rawCall(server(), 'RevokeUserSession', { AccessToken: mine.accessToken, SessionId: lost.id })
      assert.deepEqual([answer.status, answer.text], [200, '{}'])

      for (const { accessToken } of [lost, renewed]) await assert.rejects(useAccessToken(server(), accessToken), revoked)
      await assert.rejects(refresh(server(), other, lost.refreshToken), refreshRevoked)
      await assert.rejects(exchange(server(), { ClientId: other, RefreshToken: lost.refreshToken }), refreshRevoked)
      await useAccessToken(server(), mine.accessToken)
      await refresh(server(), other, found.refreshToken)
      assert.deepEqual(idsOf(await listOwn(server(), mine.accessToken)).sort(), [mine.id, found.id].sort())
    })

    it('is possible for an administrator with AdminRevokeUserSession', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      const [first, second] = [await signIn(server(), clientId), await signIn(server(), clientId)]
      const request = { UserPoolId: poolId, Username: 'ana', SessionId: first.id }
      const answer = await rawCall(server(), 'AdminRevokeUserSession', request)
      assert.deepEqual([answer.status, answer.text], [200, '{}'])
      await assert.rejects(useAccessToken(server(), first.accessToken), revoked)
      await useAccessToken(server(), second.accessToken)
      assert.deepEqual(idsOf(await listAsAdmin(server(), poolId)), [second.id])
    })

    it('ends no other session when the request asks for LINKED sessions, because no sessions are linked', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      const sessions = []
      for (let count = 0; count < 4; count++) sessions.push(await signIn(server(), clientId))
      const [a, b, c, d] = sessions
      await revokeOwn(server(), a?.accessToken ?? '', b?.id ?? '', 'LINKED')
      await revokeAsAdmin(server(), poolId, c?.id ?? '', { linked: 'LINKED' })
      assert.deepEqual(idsOf(await listAsAdmin(server(), poolId)).sort(), [a?.id, d?.id].sort())
      const revokeToken = { ClientId: clientId, Token: d?.refreshToken, RevokeAssociatedSessions: 'LINKED' } as const
      await server().send(new RevokeTokenCommand(revokeToken))
      assert.deepEqual(idsOf(await listAsAdmin(server(), poolId)), [a?.id])
    })

    it('is refused for the session of the caller', async () => {
      const { clientId } = await givenTrackingPool(server())
      const { accessToken, id } = await signIn(server(), clientId)
      const refused = { name: 'InvalidParameterException', message: 'The current session cannot be revoked by this operation.' }
      await assert.rejects(revokeOwn(server(), accessToken, id), refused)
      await useAccessToken(server(), accessToken)
      assert.deepEqual(idsOf(await listOwn(server(), accessToken)), [id])
    })

    it('is refused for sessions of other users, in the same pool and in another one', async () => {
      const [{ poolId, clientId }, elsewhere] = [await givenTrackingPool(server()), await givenTrackingPool(server())]
      const mine = await signIn(server(), clientId)
      for (const theirs of [await signIn(server(), clientId, 'ben'), await signIn(server(), elsewhere.clientId)]) {
        await assert.rejects(revokeOwn(server(), mine.accessToken, theirs.id), noSession)
        await assert.rejects(revokeAsAdmin(server(), poolId, theirs.id), noSession)
        await useAccessToken(server(), theirs.accessToken)
      }
    })

    it('is refused for a session that is unknown, untracked or over', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      await track(server(), poolId, 'DISABLED')
      const untracked = await givenTokens(server(), clientId, 'ana')
      await track(server(), poolId)
      const mine = await signIn(server(), clientId)
      const over = await signIn(server(), clientId)
      await revokeOwn(server(), mine.accessToken, over.id)
      const unknown = [
        over.id,
        writeSessionId(String(eventIdOf(untracked.accessToken))),
        `sso${mine.id.slice(3)}`,
        `tkn${'z'.repeat(25)}`,
        `tkn${'0'.repeat(25)}`,
      ]
      for (const id of unknown) {
        await assert.rejects(revokeOwn(server(), mine.accessToken, id), noSession, id)
        await assert.rejects(revokeAsAdmin(server(), poolId, id), noSession, id)
      }
      await useAccessToken(server(), untracked.accessToken)
      for (const bad of ['tkn', mine.id.toUpperCase(), `${mine.id}0`, String(readSessionId(mine.id))])
        await assert.rejects(revokeAsAdmin(server(), poolId, bad), { name: 'InvalidParameterException' })

      await server().send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
      await assert.rejects(revokeAsAdmin(server(), poolId, mine.id), noSession)
      const { id: old } = await signIn(server(), clientId)
      server().clock.advance(31 * 24 * 3_600_000)
      await assert.rejects(revokeAsAdmin(server(), poolId, old), noSession)
    })

    it('is refused while the pool does not track sessions', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      const [mine, other] = [await signIn(server(), clientId), await signIn(server(), clientId)]
      await track(server(), poolId, 'DISABLED')
      await assert.rejects(revokeOwn(server(), mine.accessToken, other.id), noSession)
      await assert.rejects(revokeAsAdmin(server(), poolId, other.id), noSession)
      await useAccessToken(server(), other.accessToken)
    })

    it('is refused for an unknown user or pool', async () => {
      const { poolId, clientId } = await givenTrackingPool(server())
      const { id, accessToken } = await signIn(server(), clientId)
      await assert.rejects(revokeAsAdmin(server(), poolId, id, { username: 'nobody' }), { name: 'UserNotFoundException' })
      await assert.rejects(revokeAsAdmin(server(), 'us-east-1_nowhere', id), { name: 'ResourceNotFoundException' })
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      await assert.rejects(revokeOwn(server(), accessToken, id), { name: 'UserNotFoundException' })
    })
  })

  describe(`the limit of sessions for each user on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('makes a sign-in that exceeds it end the session whose last use is longest ago', async () => {
      const { poolId, clientId } = await givenTrackingPool(server(), { maxPerUser: 3 })
      const other = await givenOtherClient(server(), poolId)
      const next = async (client = clientId) => {
        server().clock.advance(1000)
        return signIn(server(), client)
      }
      const [first, second, third] = [await next(), await next(other), await next()]
      const ben = await signIn(server(), clientId, 'ben')
      server().clock.advance(1000)
      await refresh(server(), clientId, first.refreshToken)
      const fourth = await next()
      assert.deepEqual(idsOf(await listAsAdmin(server(), poolId)), [fourth.id, first.id, third.id])
      await assert.rejects(useAccessToken(server(), second.accessToken), revoked)
      await assert.rejects(refresh(server(), other, second.refreshToken), refreshRevoked)
      for (const { accessToken } of [first, third, fourth, ben]) await useAccessToken(server(), accessToken)
    })

    it('ends no session when it is lowered; the next sign-in ends as many as needed', async () => {
      const { poolId, clientId } = await givenTrackingPool(server(), { maxPerUser: 5 })
      const sessions = []
      for (let count = 0; count < 5; count++) {
        server().clock.advance(1000)
        sessions.push(await signIn(server(), clientId))
      }
      await track(server(), poolId, 'ENABLED', 2)
      for (const { accessToken } of sessions) await useAccessToken(server(), accessToken)
      assert.equal((await listAsAdmin(server(), poolId)).length, 5)
      server().clock.advance(1000)
      const last = await signIn(server(), clientId)
      assert.deepEqual(idsOf(await listAsAdmin(server(), poolId)), [last.id, sessions[4]?.id])
      await track(server(), poolId, 'ENABLED', 1)
      const only = await signIn(server(), clientId)
      assert.deepEqual(idsOf(await listAsAdmin(server(), poolId)), [only.id])
    })

    it('counts neither ended nor untracked sessions', async () => {
      const { poolId, clientId } = await givenTrackingPool(server(), { maxPerUser: 2 })
      await track(server(), poolId, 'DISABLED', 2)
      const untracked = await givenTokens(server(), clientId, 'ana')
      await track(server(), poolId, 'ENABLED', 2)
      const first = await signIn(server(), clientId)
      const revokedOne = await signIn(server(), clientId)
      await revokeAsAdmin(server(), poolId, revokedOne.id)
      const second = await signIn(server(), clientId)
      for (const { accessToken } of [untracked, first, second]) await useAccessToken(server(), accessToken)
    })

    it('holds for simultaneous sign-ins', async () => {
      const { poolId, clientId } = await givenTrackingPool(server(), { maxPerUser: 2 })
      const attempts = Array.from({ length: 8 }, () => givenTokens(server(), clientId, 'ana'))
      assert.deepEqual(new Set(await outcomes(attempts)), new Set(['ok']))
      assert.equal((await listAsAdmin(server(), poolId)).length, 2)
      const uses = (await Promise.all(attempts)).map(({ accessToken }) => useAccessToken(server(), accessToken))
      assert.equal((await outcomes(uses)).filter((outcome) => outcome === 'ok').length, 2)
    })
  })
}
