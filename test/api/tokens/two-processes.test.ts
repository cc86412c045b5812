import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminUserGlobalSignOutCommand,
  RespondToAuthChallengeCommand,
  RevokeTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines, type TestDatabase } from '../../support/engines.ts'
import { answerSrp, givenTokens, givenUser, goodPassword, signInByPassword, srpResponses, startSrp } from '../../support/sign-in.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'
import { exchange, headerOf, jwksOf, revoked, rotateSigningKeys, useAccessToken } from '../../support/tokens.ts'

for (const engine of engines) {
  describe(`two processes on one database, on ${engine.name}`, () => {
    let database: TestDatabase
    let folder: string
    let [a, b]: TestServer[] = []

    before(async () => {
      database = await engine.createDatabase()
      folder = mkdtempSync(join(tmpdir(), 'lifeguard-twins-'))
      const flags = ['--database', database.url, '--data', folder, '--public-url', 'http://localhost:1']
      a = await startTestServer(engine, { flags })
      b = await startTestServer(engine, { flags })
    })

    after(async () => {
      await a?.close()
      await b?.close()
      await database.drop()
      rmSync(folder, { recursive: true, force: true })
    })

    function both(): [TestServer, TestServer] {
      if (a === undefined || b === undefined) throw new Error('The servers run inside tests only.')
      return [a, b]
    }

    it('make the first keys of a pool once, and accept the tokens of each other', async () => {
      const [here, there] = both()
      const { poolId, clientId } = await here.givenPool()
      await givenUser(here, poolId, 'ana')
      const tokens = await Promise.all([here, there].map((server) => givenTokens(server, clientId, 'ana')))
      assert.equal((await jwksOf(here, poolId)).keys.length, 2)
      assert.deepEqual(await jwksOf(there, poolId), await jwksOf(here, poolId))
      for (const { accessToken } of tokens) for (const server of [here, there]) await useAccessToken(server, accessToken)
    })

    it('publish new keys as soon as either process signs with them', async () => {
      const [here, there] = both()
      const { poolId, clientId } = await here.givenPool()
      await givenUser(here, poolId, 'ana')
      const old = await givenTokens(there, clientId, 'ana')
      await jwksOf(there, poolId)
      await rotateSigningKeys(here, poolId)

      const renewed = await givenTokens(here, clientId, 'ana')
      const kid = headerOf(renewed.accessToken)['kid']
      assert.notEqual(kid, headerOf(old.accessToken)['kid'])
      await useAccessToken(there, renewed.accessToken)
      await rotateSigningKeys(here, poolId)
      const newest = headerOf((await givenTokens(here, clientId, 'ana')).accessToken)['kid']
      assert.ok((await jwksOf(there, poolId)).keys.some((key) => key['kid'] === newest))
      await useAccessToken(here, old.accessToken)

      there.clock.advance(10_000)
      assert.equal(headerOf((await givenTokens(there, clientId, 'ana')).accessToken)['kid'], newest)
    })

    it('reject tokens of keys that the other process revoked', async () => {
      const [here, there] = both()
      const { poolId, clientId } = await here.givenPool()
      await givenUser(here, poolId, 'ana')
      const old = await givenTokens(there, clientId, 'ana')
      await useAccessToken(there, old.accessToken)
      await rotateSigningKeys(here, poolId, { revokeOld: true })
      // After this time a process that missed the notification reads the keys again.
      there.clock.advance(10_000)
      const unverified = { name: 'NotAuthorizedException', message: 'Could not verify signature for Access Token' }
      for (const server of [here, there]) await assert.rejects(useAccessToken(server, old.accessToken), unverified)
      assert.equal((await jwksOf(there, poolId)).keys.length, 2)
      await useAccessToken(here, (await givenTokens(there, clientId, 'ana')).accessToken)
    })

    it('reject at once tokens that the other process revoked', async () => {
      const [here, there] = both()
      const { poolId, clientId } = await here.givenPool()
      await givenUser(here, poolId, 'ana')
      const first = await givenTokens(here, clientId, 'ana')
      const second = await givenTokens(there, clientId, 'ana')
      await here.send(new RevokeTokenCommand({ ClientId: clientId, Token: first.refreshToken }))
      await assert.rejects(useAccessToken(there, first.accessToken), revoked)
      await useAccessToken(there, second.accessToken)
      await here.send(new AdminUserGlobalSignOutCommand({ UserPoolId: poolId, Username: 'ana' }))
      await assert.rejects(useAccessToken(there, second.accessToken), revoked)
    })

    it('rotate a refresh token only once when both get it at the same time', async () => {
      const [here, there] = both()
      const RefreshTokenRotation = { Feature: 'ENABLED', RetryGracePeriodSeconds: 0 } as const
      const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const], RefreshTokenRotation }
      const { poolId, clientId } = await here.givenPool({ client })
      await givenUser(here, poolId, 'ana')
      const { refreshToken } = await givenTokens(here, clientId, 'ana')
      const rotate = (server: TestServer) => exchange(server, { ClientId: clientId, RefreshToken: refreshToken })
      const outcomes = await Promise.allSettled([rotate(here), rotate(there)])
      const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.name] : []))
      assert.deepEqual(reasons, ['RefreshTokenReuseException'])
    })

    it('accept answers to each other’s challenges, but only one answer to each challenge', async () => {
      const [here, there] = both()
      const { poolId, clientId } = await here.givenPool()
      await givenUser(here, poolId, 'ana')
      const { a: secret, challenge } = await startSrp(here, clientId, 'ana')
      const responses = srpResponses(poolId, goodPassword, secret, challenge)
      const proofs = await Promise.allSettled([here, there].map((server) => answerSrp(server, clientId, responses)))
      assert.deepEqual(proofs.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])

      const ben = { UserPoolId: poolId, Username: 'ben', TemporaryPassword: 'Temporary-1', MessageAction: 'SUPPRESS' } as const
      await here.send(new AdminCreateUserCommand(ben))
      const { Session } = await signInByPassword(here, clientId, 'ben', 'Temporary-1')
      const answer = (server: TestServer, password: string) => {
        const ChallengeResponses = { USERNAME: 'ben', NEW_PASSWORD: password }
        const request = { ClientId: clientId, ChallengeName: 'NEW_PASSWORD_REQUIRED', Session, ChallengeResponses } as const
        return server.send(new RespondToAuthChallengeCommand(request))
      }
      const passwords = ['First-horse-1', 'Second-horse-2'] as const
      const outcomes = await Promise.allSettled([answer(here, passwords[0]), answer(there, passwords[1])])
      assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
      const winner = passwords[outcomes[0]?.status === 'fulfilled' ? 0 : 1]
      await signInByPassword(there, clientId, 'ben', winner)
    })
  })
}
