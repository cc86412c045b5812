import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resourceKind } from '../../src/pools/pool-resource.ts'
import {
  countResourcesUpTo,
  deleteResource,
  findResource,
  findResources,
  insertResource,
  listResources,
  lockResource,
  updateResource,
} from '../../src/pools/pool-resource-repository.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

type Document = { readonly title: string }

const documents = resourceKind<Document>('document')
const others = resourceKind<Document>('other')

const document = (id: string, title = id) => ({ id, createdAt: 1, updatedAt: 2, config: { title } })
const pool = 'us-east-1_One'
const otherPool = 'us-east-1_Two'

for (const engine of engines) {
  describe(`Pool resources in the database of ${engine.name}`, () => {
    it('are read back unchanged, and cannot be inserted twice', async () => {
      await using storage = await openTestStorage(engine)
      assert.equal(await insertResource(storage.db, pool, documents, document('a')), true)
      assert.equal(await insertResource(storage.db, pool, documents, document('a', 'second')), false)
      assert.deepEqual(await findResource(storage.db, pool, documents, 'a'), document('a'))
    })

    it('are neither found nor changed through another pool, or as another kind of resource', async () => {
      await using storage = await openTestStorage(engine)
      await insertResource(storage.db, pool, documents, document('a'))
      for (const [poolId, kind] of [
        [otherPool, documents],
        [pool, others],
      ] as const) {
        assert.equal(await findResource(storage.db, poolId, kind, 'a'), undefined)
        assert.deepEqual(await findResources(storage.db, poolId, kind, ['a']), [])
        assert.equal(await updateResource(storage.db, poolId, kind, document('a', 'changed')), false)
        assert.equal(await deleteResource(storage.db, poolId, kind, 'a'), false)
        assert.deepEqual(await listResources(storage.db, poolId, kind, { after: undefined, limit: 9 }), [])
        assert.equal(await countResourcesUpTo(storage.db, poolId, kind, 9), 0)
        assert.equal(await storage.db.transaction().execute((tx) => lockResource(tx, poolId, kind, 'a')), undefined)
      }
      assert.deepEqual(await findResource(storage.db, pool, documents, 'a'), document('a'))
    })

    it('can be updated and deleted', async () => {
      await using storage = await openTestStorage(engine)
      await insertResource(storage.db, pool, documents, document('a'))
      await storage.db.transaction().execute(async (tx) => {
        const before = await lockResource(tx, pool, documents, 'a')
        assert.deepEqual(before, document('a'))
        assert.equal(await updateResource(tx, pool, documents, { ...document('a', 'renamed'), updatedAt: 3 }), true)
      })
      assert.deepEqual(await findResource(storage.db, pool, documents, 'a'), { ...document('a', 'renamed'), updatedAt: 3 })
      assert.equal(await deleteResource(storage.db, pool, documents, 'a'), true)
      assert.equal(await findResource(storage.db, pool, documents, 'a'), undefined)
    })

    it('are listed in the byte order of their ids, a page at a time, and counted up to a limit', async () => {
      await using storage = await openTestStorage(engine)
      for (const id of ['b', 'a', 'B', 'ä', 'c']) await insertResource(storage.db, pool, documents, document(id))
      const ids = async (after: string | undefined, limit: number) =>
        (await listResources(storage.db, pool, documents, { after, limit })).map(({ id }) => id)
      assert.deepEqual(await ids(undefined, 2), ['B', 'a'])
      assert.deepEqual(await ids('a', 9), ['b', 'c', 'ä'])
      assert.equal(await countResourcesUpTo(storage.db, pool, documents, 9), 5)
      assert.equal(await countResourcesUpTo(storage.db, pool, documents, 3), 3)
      const found = await findResources(storage.db, pool, documents, ['a', 'z', 'c'])
      assert.deepEqual(found.map(({ id }) => id).sort(), ['a', 'c'])
    })
  })
}
