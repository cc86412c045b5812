import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openStorage } from '../../src/storage/open-storage.ts'
import { engines } from '../support/engines.ts'

for (const engine of engines) {
  describe(`storage on ${engine.name}`, () => {
    it('opens', async () => {
      const database = await engine.createDatabase()
      const storage = await openStorage({ url: database.url })
      await storage.migrate()
      await storage.ping()
      await storage.close()
      await database.drop()
    })
  })
}
