import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { schemaDialects } from '../../src/storage/dialect/schema-dialect.ts'
import { migrations } from '../../src/storage/migrations/migrations.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { findSession } from '../../src/tokens/session-repository.ts'
import { engines } from '../support/engines.ts'

const upgrade = '0003-groups-and-tracked-sessions'

for (const engine of engines) {
  describe(`Sessions from a release that did not store the last sign-out with them, on ${engine.name}`, () => {
    it('stay valid if they began after the last sign-out, else stay ended; they are not tracked', async () => {
      const database = await engine.createDatabase({ empty: true })
      const storage = await openStorage({ url: database.url })
      const { db } = storage
      const at = migrations.findIndex(({ name }) => name === upgrade)
      const run = async (some: typeof migrations) => {
        for (const { up } of some) await up(db as unknown as Kysely<never>, schemaDialects[storage.engine])
      }
      await run(migrations.slice(0, at))
      for (const [sub, signedOutAt] of [
        ['never', null],
        ['once', 1000],
      ] as const) {
        await sql`
          insert into "user" (pool_id, sub, username, status, enabled, attributes, signed_out_at, created_at, updated_at)
          values ('p', ${sub}, ${sub}, 'CONFIRMED', 1, '{}', ${signedOutAt}, 0, 0)
        `.execute(db)
        for (const createdAt of [999, 1000, 1001]) {
          await sql`
            insert into session (pool_id, sub, id, client_id, created_at, expires_at, generation)
            values ('p', ${sub}, ${String(createdAt)}, 'c', ${createdAt}, 9999, 0)
          `.execute(db)
        }
      }
      await run(migrations.slice(at, at + 1))

      const seen = async (sub: string, id: string) => (await findSession(db, { poolId: 'p', sub, id }))?.userSignedOutAt
      for (const id of ['999', '1000', '1001']) assert.equal(await seen('never', id), null)
      assert.deepEqual([await seen('once', '999'), await seen('once', '1000'), await seen('once', '1001')], [null, null, 1000])
      assert.equal((await findSession(db, { poolId: 'p', sub: 'once', id: '1001' }))?.activity, null)
      await storage.close()
      await database.drop()
    })
  })
}
