import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { AdminUpdateUserAttributesCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines, type TestEngine } from '../support/engines.ts'
import { foundBy, requireExactNames, switchNames } from '../support/name-changes.ts'
import { customOf, describeChange, finishChange, startChange, switchTo, undoChange, untilState } from '../support/schema-changes.ts'
import { claimsOf, givenTokens, givenUser } from '../support/sign-in.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { until } from '../support/until.ts'

/** Two servers on one database. The clock of tests stands still, so cached values never expire: only a notification removes them. */
async function startTwo(engine: TestEngine) {
  const database = await engine.createDatabase()
  const env = { LIFEGUARD_MASTER_KEY: randomBytes(32).toString('base64') }
  const start = () =>
    startTestServer({ name: engine.name, createDatabase: async () => ({ url: database.url, drop: async () => undefined }) }, { env })
  const [one, other] = [await start(), await start()]
  return {
    one,
    other,
    async [Symbol.asyncDispose]() {
      await one.close()
      await other.close()
      await database.drop()
    },
  }
}

const rename = { Attribute: 'custom:plan', NewName: 'custom:tier' }

for (const engine of engines) {
  describe(`A schema change with two servers on ${engine.name}`, () => {
    it('is seen by both, of which either can have started it, and loses no write', async () => {
      await using servers = await startTwo(engine)
      const { one, other } = servers
      const { poolId, clientId } = await one.givenPool({ pool: { Schema: [{ Name: 'plan', AttributeDataType: 'String', Mutable: true }] } })
      await givenUser(one, poolId, 'ana', { attributes: [{ Name: 'custom:plan', Value: 'gold' }] })
      // Caches the pool.
      await givenTokens(other, clientId, 'ana')
      const set = (server: TestServer, Name: string, Value: string) =>
        server.send(new AdminUpdateUserAttributesCommand({ UserPoolId: poolId, Username: 'ana', UserAttributes: [{ Name, Value }] }))

      await switchTo(one, poolId, [rename])
      assert.deepEqual(await customOf(other, poolId, 'ana'), { 'custom:tier': 'gold' })
      await until('the other server takes the new name', () => set(other, 'custom:tier', 'silver').then(() => true))
      assert.deepEqual(await customOf(one, poolId, 'ana'), { 'custom:tier': 'silver' })
      await undoChange(other, poolId)
      assert.deepEqual(await customOf(one, poolId, 'ana'), { 'custom:plan': 'silver' })
      await untilState(one, poolId, 'UNDONE')
      await until('the first server takes the old name', () => set(one, 'custom:plan', 'bronze').then(() => true))
      await startChange(other, poolId, [rename])
      await untilState(one, poolId, 'SWITCHED')
      await finishChange(one, poolId)
      await untilState(other, poolId, 'FINISHED')
      assert.equal((await describeChange(one, poolId)).State, 'FINISHED')
      assert.equal(claimsOf((await givenTokens(other, clientId, 'ana')).idToken)['custom:tier'], 'bronze')
    })

    it('of names is seen by both, and both write the names of both settings', async () => {
      await using servers = await startTwo(engine)
      const { one, other } = servers
      const { poolId } = await one.givenPool()
      const { sub } = await givenUser(one, poolId, 'Ana')
      assert.equal(await foundBy(other, poolId, 'Ana'), sub)
      await switchNames(one, poolId, { UsernameConfiguration: { CaseSensitive: false } })
      await until('the other server ignores case', async () => (await foundBy(other, poolId, 'ANA')) === sub)
      const ben = await givenUser(other, poolId, 'Ben')
      assert.equal((await undoChange(other, poolId)).SchemaChange.State, 'UNDOING')
      await until('the first server heeds case', async () => (await foundBy(one, poolId, 'ANA')) === undefined)
      // The pool stored the name in lower case.
      assert.equal(await foundBy(one, poolId, 'ben'), ben.sub)
      for (const { clock } of [one, other]) clock.advance(20_000)
      await untilState(one, poolId, 'UNDONE')
      await requireExactNames(one, poolId)
    })
  })
}
