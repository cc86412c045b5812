import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openStorage } from '../../src/storage/open-storage.ts'
import { engines } from '../support/engines.ts'
import { finishNames, foundBy, requireExactNames, startNames } from '../support/name-changes.ts'
import { customSchemaOf, describeChange, startChange, untilState } from '../support/schema-changes.ts'
import { startTestServer } from '../support/test-server.ts'

const skipped = { sqlite: 'SQLite has one writing transaction at a time', postgres: false } as const

for (const engine of engines) {
  describe(`A user who is stored while a schema change starts, on ${engine.name}`, () => {
    it('is found by the check, although the transaction commits late', { skip: skipped[engine.name] }, async () => {
      await using server = await startTestServer(engine)
      const Schema = [{ Name: 'plan', AttributeDataType: 'String', Mutable: true }] as const
      const { poolId } = await server.givenPool({ pool: { Schema: [...Schema] } })
      const storage = await openStorage({ url: server.databaseUrl })
      const user = {
        ...{ pool_id: poolId, sub: '00000000-0000-7000-8000-000000000000', username: 'late', status: 'CONFIRMED', enabled: 1 },
        ...{ attributes: '{"custom:plan":"x"}', password: null, password_expires_at: null, signed_out_at: null, mfa: null },
        ...{ created_at: 0, updated_at: 0 },
      }
      // A sign-up that has looked for a schema change before there was one.
      await storage.db.transaction().execute(async (tx) => {
        await tx.insertInto('user').values(user).execute()
        await startChange(server, poolId, [{ Attribute: 'custom:plan', AttributeDataType: 'Number' }])
        for (let look = 0; look < 50; look++) assert.equal((await describeChange(server, poolId)).State, 'CHECKING')
      })
      await storage.close()
      assert.equal((await untilState(server, poolId, 'FAILED')).Conflicts, 1)
      assert.equal((await customSchemaOf(server, poolId))[0]?.AttributeDataType, 'String')
    })

    it('gets a name of the new set, although the transaction commits late', { skip: skipped[engine.name] }, async () => {
      await using server = await startTestServer(engine)
      const { poolId } = await server.givenPool()
      const storage = await openStorage({ url: server.databaseUrl })
      const sub = '00000000-0000-7000-8000-000000000000'
      const user = {
        ...{ pool_id: poolId, sub, username: 'Late', status: 'CONFIRMED', enabled: 1, attributes: '{}', password: null },
        ...{ password_expires_at: null, signed_out_at: null, mfa: null, created_at: 0, updated_at: 0 },
      }
      await storage.db.transaction().execute(async (tx) => {
        await tx.insertInto('user').values(user).execute()
        await tx.insertInto('user_alias').values({ pool_id: poolId, kind: 'username', value_key: 'Late', sub }).execute()
        await startNames(server, poolId, { UsernameConfiguration: { CaseSensitive: false } })
        for (let look = 0; look < 50; look++) assert.equal((await describeChange(server, poolId)).State, 'CHECKING')
      })
      await storage.close()
      await untilState(server, poolId, 'SWITCHED')
      assert.equal(await foundBy(server, poolId, 'LATE'), sub)
      await finishNames(server, poolId)
      await requireExactNames(server, poolId)
    })
  })
}
