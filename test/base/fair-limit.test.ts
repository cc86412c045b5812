import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFairLimit, type FairLimitOptions, NoTurnError } from '../../src/base/fair-limit.ts'

/** Work that ends when it is told to. `begun` lists it in the order of its turns. */
function workload(options: Partial<FairLimitOptions> = {}) {
  const limit = createFairLimit({ atOnce: { all: 3, perGroup: 2 }, waiting: 4, longestWaitMs: 60_000, ...options })
  const begun: string[] = []
  const ends = new Map<string, PromiseWithResolvers<string>>()
  const start = (name: string) => {
    const end = Promise.withResolvers<string>()
    ends.set(name, end)
    return limit.run(name.slice(0, 1), () => {
      begun.push(name)
      return end.promise
    })
  }
  /** Ends the work, and lets what waits for it go on. */
  const end = async (name: string) => {
    ends.get(name)?.resolve(name)
    await new Promise(setImmediate)
  }
  return { begun, start, end, fail: (name: string) => ends.get(name)?.reject(new Error(name)) }
}

describe('A fair limit', () => {
  it('leaves room for other groups when one group has much to do', async () => {
    const { begun, start, end } = workload()
    const all = ['a1', 'a2', 'a3', 'b1', 'b2'].map(start)
    await end('')
    assert.deepEqual(begun, ['a1', 'a2', 'b1'])
    for (const name of ['b1', 'a1', 'a2', 'b2', 'a3']) await end(name)
    assert.deepEqual(begun, ['a1', 'a2', 'b1', 'b2', 'a3'])
    assert.deepEqual(await Promise.all(all), ['a1', 'a2', 'a3', 'b1', 'b2'])
  })

  it('gives the turn on when work fails', async () => {
    const { begun, start, end, fail } = workload({ atOnce: { all: 1, perGroup: 1 } })
    const failing = start('a1')
    const next = start('b1')
    fail('a1')
    await assert.rejects(failing, { message: 'a1' })
    await end('b1')
    assert.equal(await next, 'b1')
    assert.deepEqual(begun, ['a1', 'b1'])
  })

  it('refuses work when too much waits, unless another group waits with more', async () => {
    const { start, end } = workload({ atOnce: { all: 1, perGroup: 1 }, waiting: 2 })
    const first = start('a1')
    const second = start('a2')
    const displaced = assert.rejects(start('a3'), NoTurnError)
    await assert.rejects(start('a4'), NoTurnError)
    const other = start('b1')
    await displaced
    for (const name of ['a1', 'a2', 'b1']) await end(name)
    assert.deepEqual(await Promise.all([first, second, other]), ['a1', 'a2', 'b1'])
  })

  it('refuses work whose turn does not come in time, and gives its place to others', async () => {
    const { begun, start, end } = workload({ atOnce: { all: 1, perGroup: 1 }, waiting: 1, longestWaitMs: 1 })
    const first = start('a1')
    await assert.rejects(start('a2'), NoTurnError)
    await assert.rejects(start('a3'), NoTurnError)
    await end('a1')
    assert.equal(await first, 'a1')
    assert.deepEqual(begun, ['a1'])
  })
})
