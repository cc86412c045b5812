import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLoadCache } from '../../src/base/load-cache.ts'

type Value = { readonly key: string; readonly number: number }

/** A cache whose loads the test completes one by one. */
function openCache({ lifetimeMilliseconds = 1000, maxEntries = 10, maxBytes = 1000 } = {}) {
  let now = 0
  const waiting: { key: string; answer(value: Value | undefined): void; fail(error: Error): void }[] = []
  const load = (key: string) => new Promise<Value | undefined>((answer, fail) => waiting.push({ key, answer, fail }))
  const memory = { maxBytes, bytesOf: (key: string, { number }: Value) => key.length + number }
  const cache = createLoadCache<Value>({ load, clock: { now: () => now }, lifetimeMilliseconds, maxEntries, memory })
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

describe('A load cache', () => {
  it('loads a value once for concurrent callers, and caches it', async () => {
    const { cache, waiting } = openCache()
    const both = [cache.get('a'), cache.get('a')]
    assert.equal(waiting.length, 1)
    waiting[0]?.answer({ key: 'a', number: 1 })
    assert.deepEqual(await Promise.all([...both, cache.get('a')]), Array(3).fill({ key: 'a', number: 1 }))
    assert.equal(waiting.length, 1)
  })

  it('loads a value again after its lifetime, and also when the clock was set back', async () => {
    const { cache, waiting, advance, fill } = openCache()
    await fill('a', 1)
    advance(999)
    assert.equal((await cache.get('a'))?.number, 1)
    advance(1)
    assert.equal((await fill('a', 2))?.number, 2)
    advance(-1)
    assert.equal((await fill('a', 3))?.number, 3)
    assert.equal(waiting.length, 0)
  })

  it('caches neither the absence of a value nor a failed load', async () => {
    const { cache, waiting, fill } = openCache()
    const missing = cache.get('a')
    waiting.shift()?.answer(undefined)
    assert.equal(await missing, undefined)
    const failing = cache.get('a')
    waiting.shift()?.fail(new Error('down'))
    await assert.rejects(failing, { message: 'down' })
    assert.equal((await fill('a', 1))?.number, 1)
  })

  it('drops the values for which the given predicate is true, and no others', async () => {
    const { cache, waiting, fill } = openCache()
    await fill('a', 1)
    await fill('b', 2)
    cache.drop((value) => value.number === 1)
    assert.equal((await cache.get('b'))?.number, 2)
    assert.equal((await fill('a', 3))?.number, 3)
    assert.equal(waiting.length, 0)
  })

  it('does not cache a load that began before a drop, and does not share that load with later callers', async () => {
    const { cache, waiting } = openCache()
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

  it('holds at most maxEntries values: a further value replaces the one that was loaded first', async () => {
    const { cache, waiting, fill } = openCache({ maxEntries: 2 })
    for (const key of ['a', 'b', 'c']) await fill(key)
    await cache.get('b')
    await cache.get('c')
    assert.equal(waiting.length, 0)
    void cache.get('a')
    assert.equal(waiting.length, 1)
  })

  it('drops the values that were loaded first when all together would take more memory than allowed', async () => {
    const { cache, fill } = openCache({ maxBytes: 100 })
    await fill('a', 39)
    await fill('b', 39)
    await fill('c', 18)
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => cache.peek(key)?.number),
      [39, 39, 18],
    )
    await fill('d', 29)
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => cache.peek(key)?.number),
      [undefined, 39, 18, 29],
    )
  })

  it('does not cache a value that alone takes more memory than allowed, and keeps the others', async () => {
    const { cache, fill } = openCache({ maxBytes: 100 })
    await fill('a', 50)
    assert.equal((await fill('b', 100))?.number, 100)
    assert.equal(cache.peek('b'), undefined)
    assert.equal(cache.peek('a')?.number, 50)
  })

  it('counts memory no longer when its values are dropped, replaced or cleared', async () => {
    const { cache, advance, fill } = openCache({ maxBytes: 100, lifetimeMilliseconds: 10 })
    for (let round = 0; round < 5; round++) {
      await fill('a', 89)
      advance(10)
      await fill('a', 88)
      cache.drop(({ key }) => key === 'a')
      await fill('b', 89)
      cache.clear()
    }
    await fill('a', 49)
    await fill('b', 49)
    assert.deepEqual(
      ['a', 'b'].map((key) => cache.peek(key)?.number),
      [49, 49],
    )
  })
})
