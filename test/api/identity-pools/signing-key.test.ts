import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { engines } from '../../support/engines.ts'
import { getId, getToken } from '../../support/identity-logins.ts'
import { callJson, givenIdentityPool } from '../../support/identity-pools.ts'
import { newKeys, rotate } from '../../support/master-keys.ts'
import { startTestServer, type TestServer, useTestServer } from '../../support/test-server.ts'
import { headerOf, jwksOf } from '../../support/tokens.ts'

const keysOf = async (server: TestServer) => (await jwksOf(server, 'identity')).keys

async function newToken(server: TestServer): Promise<string> {
  const { IdentityPoolId } = await givenIdentityPool(server, { AllowClassicFlow: true })
  return (await getToken(server, await getId(server, IdentityPoolId))).token
}

async function verify(server: TestServer, token: string): Promise<void> {
  const keys = createLocalJWKSet((await jwksOf(server, 'identity')) as never)
  await jwtVerify(token, keys, { algorithms: ['RS512'], issuer: `${server.url}/identity`, currentDate: new Date(server.clock.now()) })
}

for (const engine of engines) {
  describe(`The signing key of identity pools on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const change = (request: object) => callJson(server(), 'RotateSigningKeys', request)

    it('is one key of all pools, apart from the keys of user pools', async () => {
      const tokens = await Promise.all([newToken(server()), newToken(server()), newToken(server())])
      const keys = await keysOf(server())
      assert.deepEqual(
        keys.map(({ alg, use, kty }) => [alg, use, kty]),
        [['RS512', 'sig', 'RSA']],
      )
      for (const token of tokens) assert.equal(headerOf(token)['kid'], keys[0]?.['kid'])
    })

    it('is replaced on demand, and the old one stays published unless it is revoked', async () => {
      const first = await newToken(server())
      assert.deepEqual(await change({ IdentityPools: true }), {})
      const second = await newToken(server())
      assert.notEqual(headerOf(second)['kid'], headerOf(first)['kid'])
      assert.equal((await keysOf(server())).length, 2)
      for (const token of [first, second]) await verify(server(), token)
      await change({ IdentityPools: true, RevokeOld: true })
      for (const token of [first, second]) await assert.rejects(verify(server(), token))
      await verify(server(), await newToken(server()))
      assert.equal((await keysOf(server())).length, 1)
    })

    it('is not changed by a request that names both identity pools and a user pool, or neither', async () => {
      const { poolId } = await server().givenPool()
      const before = await keysOf(server())
      for (const request of [{}, { IdentityPools: false }, { UserPoolId: poolId, IdentityPools: true }]) {
        await assert.rejects(change(request), { name: 'InvalidParameterException' })
      }
      assert.deepEqual(await keysOf(server()), before)
    })

    it('survives a change of the master key', async () => {
      const keys = newKeys()
      const asKey = (key: string) => Buffer.from(key, 'base64')
      await using changed = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: keys.before } })
      const before = await newToken(changed)
      await changed.restart({ masterKey: asKey(keys.after), previousMasterKey: asKey(keys.before) })
      await rotate(changed.databaseUrl, keys)
      await changed.restart({ masterKey: asKey(keys.after), previousMasterKey: undefined })
      await verify(changed, before)
      assert.equal(headerOf(await newToken(changed))['kid'], headerOf(before)['kid'])
    })
  })
}
