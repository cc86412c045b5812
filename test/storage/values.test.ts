import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

for (const engine of engines) {
  describe(`rows on ${engine.name}`, () => {
    it('are ordinary objects that hold numbers, texts and nulls', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const user = {
        pool_id: 'eu-west-1_a',
        sub: 's',
        username: "Ana 'Ä' 🦀",
        status: 'CONFIRMED',
        enabled: 1,
        attributes: '{}',
        password: null,
        password_expires_at: null,
        signed_out_at: Number.MAX_SAFE_INTEGER,
        created_at: 1_790_000_000_123,
        updated_at: -1,
        mfa: null,
      }
      assert.deepEqual(await db.insertInto('user').values(user).returningAll().executeTakeFirst(), user)
      assert.deepEqual(await db.selectFrom('user').selectAll().execute(), [user])
    })

    it('are counted: each write returns how many it inserted, updated or deleted', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const rows = ['a', 'b', 'c'].map((name) => ({ name, value: 'v' }))
      const inserted = await db.insertInto('installation').values(rows).executeTakeFirstOrThrow()
      assert.equal(inserted.numInsertedOrUpdatedRows, 3n)

      const ignored = await db
        .insertInto('installation')
        .values([...rows, { name: 'd', value: 'v' }])
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirstOrThrow()
      assert.equal(ignored.numInsertedOrUpdatedRows, 1n)

      const updated = await db.updateTable('installation').set({ value: 'w' }).where('name', '>', 'b').executeTakeFirstOrThrow()
      assert.equal(updated.numUpdatedRows, 2n)
      const deleted = await db.deleteFrom('installation').where('name', '=', 'nobody').executeTakeFirstOrThrow()
      assert.equal(deleted.numDeletedRows, 0n)

      const returned = await db.deleteFrom('installation').where('value', '=', 'v').returning('name').execute()
      assert.deepEqual(returned.map(({ name }) => name).sort(), ['a', 'b'])
      const { count } = await db
        .selectFrom('installation')
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow()
      assert.equal(count, 2)
    })

    it('are sorted and compared byte by byte, regardless of the locale of the machine', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const names = ['_', 'B', 'a', 'Z', 'ä', 'b', '~', '-', '9', '10', 'aa', 'a b', '￿', '🦀']
      await db
        .insertInto('installation')
        .values(names.map((name) => ({ name, value: '' })))
        .execute()
      const sorted = await db.selectFrom('installation').select('name').orderBy('name').execute()
      const bytewise = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      assert.deepEqual(
        sorted.map(({ name }) => name),
        bytewise,
      )
      const after = await db
        .selectFrom('installation')
        .select('name')
        .where('name', '>', 'Z')
        .where('name', '<', 'b')
        .orderBy('name')
        .execute()
      assert.deepEqual(
        after.map(({ name }) => name),
        ['_', 'a', 'a b', 'aa'],
      )
    })

    it('reject a boolean', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const lease = { name: 'a', holder: 'b', expires_at: true as unknown as number }
      await assert.rejects(db.insertInto('lease').values(lease).execute())
      assert.deepEqual(await db.selectFrom('lease').selectAll().execute(), [])
    })

    it('reject text and fractions in an integer column', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      for (const wrong of ['soon', 1.5]) {
        await assert.rejects(
          db
            .insertInto('lease')
            .values({ name: 'a', holder: 'b', expires_at: wrong as number })
            .execute(),
        )
      }
    })

    it('reject an integer that a number cannot hold instead of rounding it', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await sql`insert into lease (name, holder, expires_at) values ('a', 'b', 9007199254740993)`.execute(db)
      await assert.rejects(db.selectFrom('lease').select('expires_at').execute())
      await db.selectFrom('lease').select('name').execute()
    })

    it('can be read by 600 different statements, more than the engine keeps prepared', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await db.insertInto('installation').values({ name: 'a', value: 'v' }).execute()
      for (let i = 1; i <= 600; i++) {
        const texts = Array.from({ length: i }, (_, n) => `${n}`)
        const found = await db
          .selectFrom('installation')
          .select('name')
          .where('name', 'in', ['a', ...texts])
          .execute()
        assert.equal(found.length, 1)
      }
    })
  })
}
