import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createSecrets } from '../../src/base/secrets.ts'
import { newKeyPair } from '../../src/tokens/key-pairs.ts'
import { createSigningKeys } from '../../src/tokens/signing-keys.ts'
import { engines } from '../support/engines.ts'
import { createTestClock } from '../support/test-clock.ts'
import { openTestStorage } from '../support/test-storage.ts'

const poolId = 'us-east-1_Keys00001'
const hourMs = 3_600_000

for (const engine of engines) {
  describe(`signing keys on ${engine.name}`, () => {
    it('are read again from the database after the clock was set back', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const pool = { id: poolId, name: 'keys', created_at: 1, updated_at: 1, config: '{}', likeness: null, likeness_due_at: 0 }
      await db.insertInto('user_pool').values(pool).execute()
      const clock = createTestClock()
      // With these functions, two processes get no notifications from each other.
      const withoutNotifications = { publish: async () => undefined, subscribe: () => () => undefined }
      const [here, there] = [0, 1].map(() =>
        createSigningKeys({ db, secrets, clock, keyPairs: { take: newKeyPair }, ...withoutNotifications }),
      ) as [Keys, Keys]
      const before = await here.signer(poolId, 'access')
      clock.advance(-hourMs)
      await there.rotate(poolId, 'revoked', async () => undefined)
      const after = await there.signer(poolId, 'access')
      assert.notEqual(after.kid, before.kid)
      assert.equal((await here.signer(poolId, 'access')).kid, after.kid)
    })
  })
}

type Keys = ReturnType<typeof createSigningKeys>

const secrets = createSecrets(randomBytes(32))
