import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { DatabaseUnavailableError } from '../../src/storage/database-unavailable-error.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { findSession } from '../../src/tokens/session-repository.ts'
import { changeGroup, getGroup, getLockedGroup, insertGroup } from '../../src/users/groups/group-repository.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage, type TestStorage } from '../support/test-storage.ts'

const poolId = 'us-east-1_Columns01'

/** Adds a column, as the migration of a later release does while a process of this release runs. */
async function addColumn(url: string, table: string): Promise<void> {
  const later = await openStorage({ url })
  try {
    await sql`alter table ${sql.table(table)} add column of_a_later_release text`.execute(later.db)
  } finally {
    await later.close()
  }
}

async function storeGroup({ db }: TestStorage): Promise<void> {
  const group = { poolId, name: 'staff', description: null, roleArn: null, precedence: null, createdAt: 1, updatedAt: 1 }
  await db.transaction().execute((tx) => insertGroup(tx, group))
}

for (const engine of engines) {
  describe(`a table to which another process adds a column, on ${engine.name}`, () => {
    it('can still be read and written by every connection', async () => {
      await using storage = await openTestStorage(engine)
      const { db, url } = storage
      await storeGroup(storage)
      const touch = async () => {
        await Promise.all(Array.from({ length: 20 }, () => getGroup(db, poolId, 'staff')))
        return changeGroup(db, poolId, 'staff', { precedence: 3, now: 2 })
      }
      await touch()
      await addColumn(url, 'user_group')
      for (let round = 0; round < 2; round++) assert.equal((await touch()).precedence, 3)
    })

    it('can still be read by look-ups, which all share one connection', async () => {
      await using storage = await openTestStorage(engine)
      const { db, url } = storage
      const find = () => Promise.all(Array.from({ length: 20 }, (_, i) => findSession(db, { poolId, sub: `sub ${i}`, id: 'none' })))
      await find()
      await addColumn(url, 'session')
      for (let round = 0; round < 2; round++) assert.deepEqual(new Set(await find()), new Set([undefined]))
    })

    it('makes at most the next transaction fail, with a DatabaseUnavailableError', async () => {
      await using storage = await openTestStorage(engine)
      const { db, url } = storage
      await storeGroup(storage)
      const lock = () => db.transaction().execute((tx) => getLockedGroup(tx, poolId, 'staff'))
      await lock()
      await addColumn(url, 'user_group')
      await lock().catch((error: unknown) => assert.ok(error instanceof DatabaseUnavailableError, String(error)))
      for (let round = 0; round < 20; round++) assert.equal((await lock()).name, 'staff')
    })
  })
}
