import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../src/storage/open-storage.ts'
import {
  bearer,
  givenInitialAccessToken,
  givenRegistered,
  givenRegistrationPool,
  publicApp,
  read,
  register,
  setRegistration,
} from '../../support/client-registration.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { useTestServer } from '../../support/test-server.ts'

const hourMs = 3_600_000
const invalid = { name: 'InvalidParameterException' }

for (const engine of engines) {
  describe(`Initial access tokens on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const list = (poolId: string, more: object = {}) => callLifeguard(server(), 'ListInitialAccessTokens', { UserPoolId: poolId, ...more })

    it('are shown when they are created, and listed without their text', async () => {
      const { poolId } = await givenRegistrationPool(server(), { Mode: 'INITIAL_ACCESS_TOKEN' })
      const first = await givenInitialAccessToken(server(), poolId, { Description: 'partner', Uses: 2, LifetimeHours: 48 })
      const second = await givenInitialAccessToken(server(), poolId)
      const now = server().clock.now()
      const shown = [
        { InitialAccessTokenId: first.id, Description: 'partner', RemainingUses: 2, CreatedAt: now, ExpiresAt: now + 48 * hourMs },
        { InitialAccessTokenId: second.id, RemainingUses: 1, CreatedAt: now, ExpiresAt: now + 24 * hourMs },
      ]
        .map((token) => ({ ...token, CreatedAt: token.CreatedAt / 1000, ExpiresAt: token.ExpiresAt / 1000 }))
        .sort((one, other) => (one.InitialAccessTokenId < other.InitialAccessTokenId ? -1 : 1))
      assert.deepEqual((await list(poolId)).InitialAccessTokens, shown)
      assert.equal((await register(server(), poolId, publicApp, bearer(first.token))).status, 201)
      const { RemainingUses } = (await list(poolId)).InitialAccessTokens.find(
        ({ InitialAccessTokenId: id }: { InitialAccessTokenId: string }) => id === first.id,
      )
      assert.equal(RemainingUses, 1)
      const page = await list(poolId, { MaxResults: 1 })
      const rest = await list(poolId, { NextToken: page.NextToken })
      assert.deepEqual([...page.InitialAccessTokens, ...rest.InitialAccessTokens].length, 2)
      assert.equal(rest.NextToken, undefined)
    })

    it('work no longer when they are deleted. Their clients stay', async () => {
      const { poolId } = await givenRegistrationPool(server(), { Mode: 'INITIAL_ACCESS_TOKEN' })
      const { token, id } = await givenInitialAccessToken(server(), poolId, { Uses: 2 })
      const { body } = await givenRegistered(server(), poolId, publicApp, bearer(token))
      const key = { UserPoolId: poolId, InitialAccessTokenId: id }
      const abroad = { ...key, UserPoolId: (await givenRegistrationPool(server())).poolId }
      await assert.rejects(callLifeguard(server(), 'DeleteInitialAccessToken', abroad), { name: 'ResourceNotFoundException' })
      await callLifeguard(server(), 'DeleteInitialAccessToken', key)
      assert.equal((await register(server(), poolId, publicApp, bearer(token))).status, 401)
      assert.equal((await read(server(), body)).status, 200)
      await assert.rejects(callLifeguard(server(), 'DeleteInitialAccessToken', key), { name: 'ResourceNotFoundException' })
    })

    it('have limits of their lifetime and uses', async () => {
      const { poolId } = await givenRegistrationPool(server())
      for (const wrong of [{ Uses: 0 }, { Uses: 1001 }, { LifetimeHours: 0 }, { LifetimeHours: 8761 }, { Description: 'x'.repeat(257) }]) {
        await assert.rejects(givenInitialAccessToken(server(), poolId, wrong), invalid)
      }
      await assert.rejects(givenInitialAccessToken(server(), 'us-east-1_nothing00'), { name: 'ResourceNotFoundException' })
    })

    it('are stored as hashes only, as are the tokens of registered clients', async () => {
      const { poolId } = await givenRegistrationPool(server(), { Mode: 'INITIAL_ACCESS_TOKEN' })
      const { token } = await givenInitialAccessToken(server(), poolId, { Uses: 2 })
      const registered = await givenRegistered(server(), poolId, publicApp, bearer(token))
      const storage = await openStorage({ url: server().databaseUrl })
      try {
        const rows = [
          ...(await storage.db.selectFrom('initial_access_token').selectAll().execute()),
          ...(await storage.db.selectFrom('app_client').selectAll().execute()),
          ...(await storage.db.selectFrom('audit_record').selectAll().execute()),
        ]
        const text = JSON.stringify(rows)
        assert.ok(text.includes(registered.clientId))
        assert.ok(!text.includes(token.slice(37)) && !text.includes(registered.token))
      } finally {
        await storage.close()
      }
    })

    it('do not work in a pool that was deleted', async () => {
      const { poolId } = await givenRegistrationPool(server(), { Mode: 'INITIAL_ACCESS_TOKEN' })
      const { token } = await givenInitialAccessToken(server(), poolId)
      await server().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      assert.equal((await register(server(), poolId, publicApp, bearer(token))).status, 404)
    })
  })

  describe(`The settings of registration on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are refused when they would let strangers get codes, scopes or hosts that no pool should give', async () => {
      const { poolId } = await server().givenPool()
      const wrong: readonly object[] = [
        { Mode: 'OPEN' },
        { Mode: 'ON' },
        { Mode: 'OPEN', AllowedRedirectHosts: [] },
        { AllowedScopes: ['aws.cognito/dcr/register'] },
        { AllowedScopes: ['two words'] },
        { AllowedGrantTypes: ['implicit'] },
        { MaxClients: 0 },
        { MaxClient: 1 },
        ...[
          '*',
          '*.test',
          'https://app.test',
          'app.test/path',
          'app.test:443',
          'a.*.test',
          '*.*.test',
          'ana@app.test',
          '',
          'a b.test',
          '[::1',
        ].map((host) => ({ AllowedRedirectHosts: [host] })),
      ]
      for (const settings of wrong) await assert.rejects(setRegistration(server(), poolId, settings), invalid, JSON.stringify(settings))
      const good = { Mode: 'OPEN', AllowedRedirectHosts: ['App.Test', '*.apps.test', 'localhost', '127.0.0.1', '[::1]'] }
      const { OAuth } = await setRegistration(server(), poolId, good)
      assert.deepEqual(OAuth.ClientRegistration.AllowedRedirectHosts, ['app.test', '*.apps.test', 'localhost', '127.0.0.1', '[::1]'])
    })
  })
}
