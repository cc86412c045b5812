import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deleteClientResources } from '../../src/pools/delete-client-resources.ts'
import { brandingByClient, brandings } from '../../src/pools/managed-login-branding/branding.ts'
import { brandingAssets } from '../../src/pools/managed-login-branding/branding-asset.ts'
import type { ResourceKind } from '../../src/pools/pool-resource.ts'
import { insertResource, listResourcesUnder, putResource } from '../../src/pools/pool-resource-repository.ts'
import { riskConfigurations } from '../../src/pools/risk/risk-configuration.ts'
import { termsByName, termsDocuments } from '../../src/pools/terms/terms.ts'
import { uiCustomizations } from '../../src/pools/ui-customization/ui-customization.ts'
import type { Db } from '../../src/storage/db.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

const now = 1_780_000_000_000

type Resource = { id: string; config?: unknown }

async function insert(db: Db, poolId: string, kind: ResourceKind<unknown>, { id, config = {} }: Resource): Promise<void> {
  assert.equal(await insertResource(db, poolId, kind, { id, createdAt: now, updatedAt: now, config }), true)
}

/** Stores one resource of each kind that can belong to a client. */
async function insertClientResources(db: Db, poolId: string, clientId: string): Promise<void> {
  await insert(db, poolId, riskConfigurations, { id: clientId })
  await insert(db, poolId, uiCustomizations, { id: clientId })
  await insert(db, poolId, brandings, { id: `style of ${clientId}` })
  await insert(db, poolId, brandingByClient, { id: clientId, config: { brandingId: `style of ${clientId}` } })
  await insert(db, poolId, brandingAssets, { id: `style of ${clientId}/FORM_LOGO/LIGHT/` })
  for (const name of ['terms-of-use', 'privacy-policy']) {
    await insert(db, poolId, termsDocuments, { id: `${name} of ${clientId}` })
    await insert(db, poolId, termsByName, { id: `${clientId}/${name}`, config: { termsId: `${name} of ${clientId}` } })
  }
}

async function idsOf(db: Db, poolId: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('pool_resource').select('id').where('pool_id', '=', poolId).orderBy('id').execute()
  return rows.map(({ id }) => id)
}

for (const engine of engines) {
  describe(`deleteClientResources on ${engine.name}`, () => {
    it('deletes all resources of the client, and no resource of another client or pool', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      await insertClientResources(db, 'pool', 'second')
      const others = await idsOf(db, 'pool')
      await insertClientResources(db, 'pool', 'first')
      await insertClientResources(db, 'elsewhere', 'first')
      const elsewhere = await idsOf(db, 'elsewhere')
      await db.transaction().execute((tx) => deleteClientResources(tx, 'pool', 'first'))
      assert.deepEqual(await idsOf(db, 'pool'), others)
      assert.deepEqual(await idsOf(db, 'elsewhere'), elsewhere)
    })
  })

  describe(`Pool resources on ${engine.name}`, () => {
    it('are listed by a prefix of their ids, without resources whose ids only resemble the prefix', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      for (const id of ['a/', 'a/1', 'a/Z z', 'a/~', 'a0', 'a-', 'aa/1', 'A/1']) await insert(db, 'pool', brandingAssets, { id })
      await insert(db, 'elsewhere', brandingAssets, { id: 'a/2' })
      const found = await listResourcesUnder(db, 'pool', brandingAssets, 'a/')
      assert.deepEqual(
        found.map(({ id }) => id),
        ['a/1', 'a/Z z', 'a/~'],
      )
    })

    it('keep their creation date when putResource stores them again', async () => {
      await using storage = await openTestStorage(engine)
      const { db } = storage
      const first = { id: 'x', createdAt: now, updatedAt: now, config: { css: 'a', logo: undefined } }
      await putResource(db, 'pool', uiCustomizations, first)
      const second = await putResource(db, 'pool', uiCustomizations, { ...first, createdAt: now + 5, updatedAt: now + 5 })
      assert.deepEqual([second.createdAt, second.updatedAt], [now, now + 5])
      await putResource(db, 'elsewhere', uiCustomizations, { ...first, config: { css: 'b', logo: undefined } })
      assert.equal(second.config.css, 'a')
    })
  })
}
