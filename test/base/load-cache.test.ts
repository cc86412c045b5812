import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLoadCache } from '../../src/base/load-cache.ts'

type Thing = { readonly key: string; readonly number: number }

/** A source whose answers the test lets go one by one. */
function source({ lifetimeMilliseconds = 1000, maxEntries = 10 } = {}) {
  let now = 0
  const waiting: { key: string; answer(thing: Thing | undefined): void; fail(error: Error): void }[] = []
  const load = (key: string) => new Promise<Thing | undefined>((answer, fail) => waiting.push({ key, answer, fail }))
  const cache = createLoadCache<Thing>({ load, clock: { now: () => now }, lifetimeMilliseconds, maxEntries })
  return {
    cache,
    waiting,
    advance: (milliseconds: number) => {
      now += milliseconds
    },
    async fill(key: string, number = 0) {
      const got = cache.get(key)
      waiting.shift()?.answer({ key, number })
      return got
    },
  }
}

describe('The cache of pools and clients', () => {
  it('loads a thing once for all who ask at the same time, and remembers it', async () => {
    const { cache, waiting } = source()
    const both = [cache.get('a'), cache.get('a')]
    assert.equal(waiting.length, 1)
    waiting[0]?.answer({ key: 'a', number: 1 })
    assert.deepEqual(await Promise.all([...both, cache.get('a')]), Array(3).fill({ key: 'a', number: 1 }))
    assert.equal(waiting.length, 1)
  })

  it('forgets it when its time is over, and when the clock is set back', async () => {
    const { cache, waiting, advance, fill } = source()
    await fill('a', 1)
    advance(999)
    assert.equal((await cache.get('a'))?.number, 1)
    advance(1)
    assert.equal((await fill('a', 2))?.number, 2)
    advance(-1)
    assert.equal((await fill('a', 3))?.number, 3)
    assert.equal(waiting.length, 0)
  })

  it('does not remember what it did not find, nor a failure', async () => {
    const { cache, waiting, fill } = source()
    const missing = cache.get('a')
    waiting.shift()?.answer(undefined)
    assert.equal(await missing, undefined)
    const failing = cache.get('a')
    waiting.shift()?.fail(new Error('down'))
    await assert.rejects(failing, { message: 'down' })
    assert.equal((await fill('a', 1))?.number, 1)
  })

  it('drops what matches and nothing else', async () => {
    const { cache, waiting, fill } = source()
    await fill('a', 1)
    await fill('b', 2)
    cache.drop((thing) => thing.number === 1)
    assert.equal((await cache.get('b'))?.number, 2)
    assert.equal((await fill('a', 3))?.number, 3)
    assert.equal(waiting.length, 0)
  })

  it('neither remembers nor hands out a load that began before a drop', async () => {
    const { cache, waiting } = source()
    const early = cache.get('a')
    cache.drop(() => true)
    const late = cache.get('a')
    assert.equal(waiting.length, 2)
    waiting[1]?.answer({ key: 'a', number: 2 })
    assert.equal((await late)?.number, 2)
    waiting[0]?.answer({ key: 'a', number: 1 })
    assert.equal((await early)?.number, 1)
    assert.equal((await cache.get('a'))?.number, 2)
  })

  it('stays within its size, and gives up the oldest first', async () => {
    const { cache, waiting, fill } = source({ maxEntries: 2 })
    for (const key of ['a', 'b', 'c']) await fill(key)
    await cache.get('b')
    await cache.get('c')
    assert.equal(waiting.length, 0)
    void cache.get('a')
    assert.equal(waiting.length, 1)
  })
})
