import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createSecrets } from '../../src/base/secrets.ts'
import type { IdentityProvider } from '../../src/pools/identity-providers/identity-provider.ts'
import { findIdentityProvider, insertIdentityProvider } from '../../src/pools/identity-providers/identity-provider-repository.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

const secrets = createSecrets(randomBytes(32))

const corp: IdentityProvider = {
  id: 'Corp',
  createdAt: 1,
  updatedAt: 2,
  config: {
    type: 'OIDC',
    details: { client_id: 'our-id', client_secret: 'our-secret', private_key: 'our-key' },
    attributeMapping: { username: 'sub' },
    identifiers: ['corp.test'],
    acrMapping: { Level1: 'low' },
  },
}

for (const engine of engines) {
  describe(`Identity providers in the database of ${engine.name}`, () => {
    it('are stored with sealed secrets and read back whole', async () => {
      await using storage = await openTestStorage(engine)
      await storage.db.transaction().execute((tx) => insertIdentityProvider(tx, secrets, 'us-east-1_One', corp))
      assert.deepEqual(await findIdentityProvider(storage.db, secrets, 'us-east-1_One', 'Corp'), corp)
      const { config } = await storage.db.selectFrom('pool_resource').select('config').executeTakeFirstOrThrow()
      assert.ok(config.includes('our-id'))
      assert.ok(!config.includes('our-secret') && !config.includes('our-key'))
    })

    it('cannot be opened in another pool or with another master key', async () => {
      await using storage = await openTestStorage(engine)
      await storage.db.transaction().execute((tx) => insertIdentityProvider(tx, secrets, 'us-east-1_One', corp))
      const row = await storage.db.selectFrom('pool_resource').selectAll().executeTakeFirstOrThrow()
      await storage.db
        .insertInto('pool_resource')
        .values({ ...row, pool_id: 'us-east-1_Two' })
        .execute()
      await assert.rejects(findIdentityProvider(storage.db, secrets, 'us-east-1_Two', 'Corp'), /does not open/)
      const otherKey = createSecrets(randomBytes(32))
      await assert.rejects(findIdentityProvider(storage.db, otherKey, 'us-east-1_One', 'Corp'), /does not open/)
    })
  })
}
