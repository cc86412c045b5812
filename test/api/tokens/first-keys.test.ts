import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { DeleteUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { engines } from '../../support/engines.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'
import { headerOf, jwksOf } from '../../support/tokens.ts'

/** The ids of the pool's keys, read from the database, because a request that needs the keys would create them. */
async function keysOf(server: TestServer, poolId: string): Promise<string[]> {
  const storage = await openStorage({ url: server.databaseUrl })
  try {
    const rows = await storage.db.selectFrom('signing_key').select('kid').where('pool_id', '=', poolId).execute()
    return rows.map(({ kid }) => kid).sort()
  } finally {
    await storage.close()
  }
}

/** Waits until the pool has keys. */
async function madeKeysOf(server: TestServer, poolId: string): Promise<string[]> {
  const deadline = performance.now() + 60_000
  while (performance.now() < deadline) {
    const keys = await keysOf(server, poolId)
    if (keys.length > 0) return keys
    await setImmediate()
  }
  throw new Error('The pool has no signing keys after a minute.')
}

for (const engine of engines) {
  describe(`the first signing keys of a pool on ${engine.name}`, () => {
    it('are made before the first sign-in, which uses them', async () => {
      await using server = await startTestServer(engine)
      const { poolId, clientId } = await server.givenPool()
      const made = await madeKeysOf(server, poolId)
      assert.equal(made.length, 2)
      await givenUser(server, poolId, 'ana')
      const { accessToken, idToken } = await givenTokens(server, clientId, 'ana')
      assert.deepEqual([accessToken, idToken].map((token) => headerOf(token)['kid']).sort(), made)
    })

    it('are made only once, even if a request needs them while they are being made', async () => {
      await using server = await startTestServer(engine)
      const pools = await Promise.all([1, 2, 3].map(() => server.givenPool()))
      for (const { poolId } of pools) assert.equal((await jwksOf(server, poolId)).keys.length, 2)
      for (const { poolId } of pools) assert.equal((await madeKeysOf(server, poolId)).length, 2)
    })

    it('are not stored once the pool is deleted', async () => {
      await using server = await startTestServer(engine)
      const { poolId } = await server.givenPool()
      await server.send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      // On a busy machine the keys may be stored before the pool is deleted. The sweeper removes such keys later.
      const storedBefore = await keysOf(server, poolId)
      // The first keys are made for one pool after another, in the order of their creation. Once a second pool has keys, the server has
      // handled the deleted one.
      await madeKeysOf(server, (await server.givenPool()).poolId)
      assert.deepEqual(await keysOf(server, poolId), storedBefore)
    })
  })
}
