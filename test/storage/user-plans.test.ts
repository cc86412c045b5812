import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CompiledQuery } from 'kysely'
import { type UserTable, userColumnOf, userTables } from '../../src/storage/user-rows.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage, type TestStorage } from '../support/test-storage.ts'

/** Tables that no statement searches by the user alone. */
const searchedOtherwise: readonly UserTable[] = ['audit_record']

for (const engine of engines.filter(({ name }) => name === 'sqlite')) {
  describe('The rows of one user on SQLite', () => {
    let storage: TestStorage
    before(async () => {
      storage = await openTestStorage(engine)
    })
    after(() => storage[Symbol.asyncDispose]())

    for (const table of Object.keys(userTables) as UserTable[]) {
      if (searchedOtherwise.includes(table)) continue
      const column = userColumnOf(table)
      for (const statement of [`select * from "${table}"`, `delete from "${table}"`]) {
        it(`are found without reading those of other users: ${statement}`, async () => {
          const explain = CompiledQuery.raw(`explain query plan ${statement} where pool_id = ? and ${column} = ?`, ['pool', 'user'])
          const { rows } = await storage.db.transaction().execute((tx) => tx.executeQuery<{ detail: string }>(explain))
          const plan = rows.map(({ detail }) => detail).join('\n')
          assert.match(plan, new RegExp(`\\(pool_id=\\? AND ${column}=\\?`), plan)
        })
      }
    }
  })
}
