import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  GetUserPoolClientSessionConfigurationCommand,
  GetUserPoolSessionConfigurationCommand,
  SetUserPoolClientSessionConfigurationCommand,
  SetUserPoolSessionConfigurationCommand,
  UpdateUserPoolClientCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { useTestServer } from '../../support/test-server.ts'

const noPool = { name: 'ResourceNotFoundException', message: 'User pool us-east-1_nowhere does not exist.' }
const nowhere = 'us-east-1_nowhere'

for (const engine of engines) {
  describe(`Session settings on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function getPool(UserPoolId: string) {
      const { $metadata, ...settings } = await server().send(new GetUserPoolSessionConfigurationCommand({ UserPoolId }))
      return settings
    }
    async function setPool(UserPoolId: string, UserSessionTracking: 'ENABLED' | 'DISABLED', MaxPerUser: number) {
      const request = { UserPoolId, UserSessionTracking, TokenSession: { MaxPerUser } }
      const { $metadata, ...settings } = await server().send(new SetUserPoolSessionConfigurationCommand(request))
      return settings
    }
    async function getClient(UserPoolId: string, ClientId: string) {
      const { $metadata, ...settings } = await server().send(new GetUserPoolClientSessionConfigurationCommand({ UserPoolId, ClientId }))
      return settings
    }
    async function setClient(UserPoolId: string, ClientId: string, MaxValidityMinutes: number) {
      const request = { UserPoolId, ClientId, SSOSession: { MaxValidityMinutes } }
      const { $metadata, ...settings } = await server().send(new SetUserPoolClientSessionConfigurationCommand(request))
      return settings
    }

    it('of a pool are by default no tracking and twenty sessions', async () => {
      const { poolId } = await server().givenPool()
      assert.deepEqual(await getPool(poolId), { UserPoolId: poolId, UserSessionTracking: 'DISABLED', TokenSession: { MaxPerUser: 20 } })
    })

    it('of a pool are shown as they were sent, and replaced as a whole', async () => {
      const { poolId } = await server().givenPool()
      for (const [tracking, most] of [
        ['ENABLED', 1],
        ['DISABLED', 100],
        ['ENABLED', 7],
      ] as const) {
        const settings = { UserPoolId: poolId, UserSessionTracking: tracking, TokenSession: { MaxPerUser: most } }
        assert.deepEqual(await setPool(poolId, tracking, most), settings)
        assert.deepEqual(await getPool(poolId), settings)
      }
    })

    it('of a pool are not changed by UpdateUserPool', async () => {
      const { poolId } = await server().givenPool()
      await setPool(poolId, 'ENABLED', 7)
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId }))
      assert.deepEqual(await getPool(poolId), { UserPoolId: poolId, UserSessionTracking: 'ENABLED', TokenSession: { MaxPerUser: 7 } })
    })

    it('of a client are an hour by default, and are shown as they were sent', async () => {
      const { poolId, clientId } = await server().givenPool()
      const settings = (minutes: number) => ({ UserPoolId: poolId, ClientId: clientId, SSOSession: { MaxValidityMinutes: minutes } })
      assert.deepEqual(await getClient(poolId, clientId), settings(60))
      await setPool(poolId, 'ENABLED', 20)
      for (const minutes of [0, 129_600, 5]) {
        assert.deepEqual(await setClient(poolId, clientId, minutes), settings(minutes))
        assert.deepEqual(await getClient(poolId, clientId), settings(minutes))
      }
      await server().send(new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId, ClientName: 'renamed' }))
      assert.deepEqual(await getClient(poolId, clientId), settings(5))
    })

    it('of a client can be set only while the pool tracks sessions, but are kept while it does not', async () => {
      const { poolId, clientId } = await server().givenPool()
      const refused = { name: 'InvalidParameterException', message: 'User session tracking is not enabled for this user pool.' }
      await assert.rejects(setClient(poolId, clientId, 5), refused)
      await setPool(poolId, 'ENABLED', 20)
      await setClient(poolId, clientId, 5)
      await setPool(poolId, 'DISABLED', 20)
      await assert.rejects(setClient(poolId, clientId, 6), refused)
      assert.equal((await getClient(poolId, clientId)).SSOSession?.MaxValidityMinutes, 5)
      await setPool(poolId, 'ENABLED', 20)
      assert.equal((await getClient(poolId, clientId)).SSOSession?.MaxValidityMinutes, 5)
    })

    it('need an existing pool and a client of that pool', async () => {
      const [{ poolId, clientId }, other] = [await server().givenPool(), await server().givenPool()]
      await assert.rejects(getPool(nowhere), noPool)
      await assert.rejects(setPool(nowhere, 'ENABLED', 20), noPool)
      await assert.rejects(getClient(nowhere, clientId), noPool)
      await assert.rejects(setClient(nowhere, clientId, 5), noPool)
      await setPool(poolId, 'ENABLED', 20)
      for (const client of ['abcdefghijklmnopqrstuvwxyz', other.clientId]) {
        const unknown = { name: 'ResourceNotFoundException', message: `User pool client ${client} does not exist.` }
        await assert.rejects(getClient(poolId, client), unknown)
        await assert.rejects(setClient(poolId, client, 5), unknown)
      }
      assert.equal((await getPool(other.poolId)).UserSessionTracking, 'DISABLED')
      assert.equal((await getClient(other.poolId, other.clientId)).SSOSession?.MaxValidityMinutes, 60)
    })

    it('reject numbers out of range and missing members', async () => {
      const { poolId, clientId } = await server().givenPool()
      const invalid = { name: 'InvalidParameterException' }
      for (const most of [0, 101]) await assert.rejects(setPool(poolId, 'ENABLED', most), invalid)
      await setPool(poolId, 'ENABLED', 20)
      for (const minutes of [-1, 129_601]) await assert.rejects(setClient(poolId, clientId, minutes), invalid)
      const incomplete = [
        { UserPoolId: poolId, TokenSession: { MaxPerUser: 20 } },
        { UserPoolId: poolId, UserSessionTracking: 'ENABLED' },
        { UserPoolId: poolId, UserSessionTracking: 'ENABLED', TokenSession: {} },
        { UserPoolId: poolId, UserSessionTracking: 'SOMETIMES', TokenSession: { MaxPerUser: 20 } },
      ]
      for (const request of incomplete) {
        const answer = await rawCall(server(), 'SetUserPoolSessionConfiguration', request)
        assert.deepEqual([answer.status, answer.body['__type']], [400, 'InvalidParameterException'], JSON.stringify(request))
      }
    })

    it('are available even in the LITE tier without --enforce-tiers', async () => {
      const { poolId, clientId } = await server().givenPool({ pool: { UserPoolTier: 'LITE' } })
      await setPool(poolId, 'ENABLED', 20)
      await setClient(poolId, clientId, 5)
    })
  })

  describe(`Session settings with --enforce-tiers on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--enforce-tiers'] })

    it('need a higher tier than LITE', async () => {
      const unavailable = { name: 'FeatureUnavailableInTierException' }
      for (const tier of ['LITE', 'ESSENTIALS', 'PLUS'] as const) {
        const { poolId, clientId } = await server().givenPool({ pool: { UserPoolTier: tier } })
        const ofPool = new SetUserPoolSessionConfigurationCommand({
          UserPoolId: poolId,
          UserSessionTracking: 'ENABLED',
          TokenSession: { MaxPerUser: 20 },
        })
        const ofClient = new SetUserPoolClientSessionConfigurationCommand({
          UserPoolId: poolId,
          ClientId: clientId,
          SSOSession: { MaxValidityMinutes: 5 },
        })
        if (tier === 'LITE') {
          await assert.rejects(server().send(ofPool), unavailable)
          await assert.rejects(server().send(ofClient), unavailable)
        } else {
          await server().send(ofPool)
          await server().send(ofClient)
          const lower = new UpdateUserPoolCommand({ UserPoolId: poolId, UserPoolTier: 'LITE' })
          await assert.rejects(server().send(lower), { name: 'TierChangeNotAllowedException' })
        }
      }
    })
  })
}
