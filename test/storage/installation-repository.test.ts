import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ensureInstallationValue } from '../../src/storage/installation-repository.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

for (const engine of engines) {
  describe(`a value of the installation on ${engine.name}`, () => {
    it('stays the one that was stored first, even when other values are stored at the same time or later', async () => {
      await using storage = await openTestStorage(engine)
      const values = Array.from({ length: 10 }, (_, i) => `${i}`)
      const kept = new Set(await Promise.all(values.map((value) => ensureInstallationValue(storage.db, 'a', value))))
      assert.equal(kept.size, 1)
      assert.equal(await ensureInstallationValue(storage.db, 'a', 'late'), [...kept][0])
      assert.equal(await ensureInstallationValue(storage.db, 'b', 'other'), 'other')
    })
  })
}
