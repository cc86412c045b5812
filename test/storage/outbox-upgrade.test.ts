import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { sweepMessageRecords } from '../../src/messaging/message-record-repository.ts'
import { claimOutboxEntries } from '../../src/messaging/outbox-repository.ts'
import { schemaDialects } from '../../src/storage/dialect/schema-dialect.ts'
import { migrations } from '../../src/storage/migrations/migrations.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { engines } from '../support/engines.ts'

const upgrade = '0010-message-records'

for (const engine of engines) {
  describe(`The outbox of the previous release, on ${engine.name}`, () => {
    it('keeps queued messages queued and failed ones failed, and still accepts messages from that release', async () => {
      const database = await engine.createDatabase({ empty: true })
      const storage = await openStorage({ url: database.url })
      const { db } = storage
      const at = migrations.findIndex(({ name }) => name === upgrade)
      const run = async (some: typeof migrations) => {
        for (const { up } of some) await up(db as unknown as Kysely<never>, schemaDialects[storage.engine])
      }
      const add = (id: string, nextAttemptAt: number | null) =>
        sql`
          insert into outbox (id, pool_id, sub, channel, trigger, payload, attempts, next_attempt_at, last_error, created_at)
          values (${id}, 'p', ${id}, 'email', 'sign-up', 'sealed', 0, ${nextAttemptAt}, null, 5)
        `.execute(db)
      await run(migrations.slice(0, at))
      await add('waiting', 10)
      await add('given-up', null)
      await run(migrations.slice(at))
      await add('later', 20)

      const rows = await db.selectFrom('outbox').select(['id', 'state', 'ended_at']).orderBy('id').execute()
      assert.deepEqual(
        rows.map((row) => Object.values(row)),
        [
          ['given-up', 'failed', 5],
          ['later', 'queued', null],
          ['waiting', 'queued', null],
        ],
      )
      const claimed = await claimOutboxEntries(db, { channel: 'email', now: 30, leaseUntil: 60, limit: 5, exceptSubs: [] })
      assert.deepEqual(claimed.map(({ id }) => id).toSorted(), ['later', 'waiting'])
      assert.equal(await sweepMessageRecords(db, 5, 10), 1)
      await storage.close()
      await database.drop()
    })
  })
}
