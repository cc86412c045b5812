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

type Shelf = { readonly title: string }

const shelves = resourceKind<Shelf>('shelf')
const others = resourceKind<Shelf>('other')

const shelf = (id: string, title = id) => ({ id, createdAt: 1, updatedAt: 2, config: { title } })
const pool = 'us-east-1_One'
const otherPool = 'us-east-1_Two'

for (const engine of engines) {
  describe(`Records that configure a pool on ${engine.name}`, () => {
    it('come back as they were stored, and once only', async () => {
      await using storage = await openTestStorage(engine)
      assert.equal(await insertResource(storage.db, pool, shelves, shelf('a')), true)
      assert.equal(await insertResource(storage.db, pool, shelves, shelf('a', 'second')), false)
      assert.deepEqual(await findResource(storage.db, pool, shelves, 'a'), shelf('a'))
    })

    it('are of one pool and of one kind', async () => {
      await using storage = await openTestStorage(engine)
      await insertResource(storage.db, pool, shelves, shelf('a'))
      for (const [poolId, kind] of [
        [otherPool, shelves],
        [pool, others],
      ] as const) {
        assert.equal(await findResource(storage.db, poolId, kind, 'a'), undefined)
        assert.deepEqual(await findResources(storage.db, poolId, kind, ['a']), [])
        assert.equal(await updateResource(storage.db, poolId, kind, shelf('a', 'stolen')), false)
        assert.equal(await deleteResource(storage.db, poolId, kind, 'a'), false)
        assert.deepEqual(await listResources(storage.db, poolId, kind, { after: undefined, limit: 9 }), [])
        assert.equal(await countResourcesUpTo(storage.db, poolId, kind, 9), 0)
        assert.equal(await storage.db.transaction().execute((tx) => lockResource(tx, poolId, kind, 'a')), undefined)
      }
      assert.deepEqual(await findResource(storage.db, pool, shelves, 'a'), shelf('a'))
    })

    it('change and go', async () => {
      await using storage = await openTestStorage(engine)
      await insertResource(storage.db, pool, shelves, shelf('a'))
      await storage.db.transaction().execute(async (tx) => {
        const before = await lockResource(tx, pool, shelves, 'a')
        assert.deepEqual(before, shelf('a'))
        assert.equal(await updateResource(tx, pool, shelves, { ...shelf('a', 'renamed'), updatedAt: 3 }), true)
      })
      assert.deepEqual(await findResource(storage.db, pool, shelves, 'a'), { ...shelf('a', 'renamed'), updatedAt: 3 })
      assert.equal(await deleteResource(storage.db, pool, shelves, 'a'), true)
      assert.equal(await findResource(storage.db, pool, shelves, 'a'), undefined)
    })

    it('are listed by id, byte by byte, a page at a time, and counted up to a limit', async () => {
      await using storage = await openTestStorage(engine)
      for (const id of ['b', 'a', 'B', 'ä', 'c']) await insertResource(storage.db, pool, shelves, shelf(id))
      const ids = async (after: string | undefined, limit: number) =>
        (await listResources(storage.db, pool, shelves, { after, limit })).map(({ id }) => id)
      assert.deepEqual(await ids(undefined, 2), ['B', 'a'])
      assert.deepEqual(await ids('a', 9), ['b', 'c', 'ä'])
      assert.equal(await countResourcesUpTo(storage.db, pool, shelves, 9), 5)
      assert.equal(await countResourcesUpTo(storage.db, pool, shelves, 3), 3)
      const found = await findResources(storage.db, pool, shelves, ['a', 'z', 'c'])
      assert.deepEqual(found.map(({ id }) => id).sort(), ['a', 'c'])
    })
  })
}
