import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFairQueue } from '../../src/base/fair-queue.ts'

function queueOf(...items: readonly string[]) {
  const queue = createFairQueue<string>()
  for (const item of items) queue.push(item.slice(0, 1), item)
  return queue
}

const drain = (queue: ReturnType<typeof queueOf>) => Array.from({ length: queue.length }, () => queue.shift())

describe('A fair queue', () => {
  it('lets the groups take turns, and keeps the order within a group', () => {
    const queue = queueOf('a1', 'a2', 'a3', 'b1', 'c1', 'b2')
    assert.deepEqual(drain(queue), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
    assert.equal(queue.length, 0)
    assert.equal(queue.shift(), undefined)
  })

  it('gives a group that comes later its turn before the rest of a long group', () => {
    const queue = queueOf('a1', 'a2', 'a3')
    assert.equal(queue.shift(), 'a1')
    queue.push('b', 'b1')
    assert.deepEqual(drain(queue), ['a2', 'b1', 'a3'])
  })

  it('takes the newest item of the longest group to make room for a shorter one', () => {
    const queue = queueOf('a1', 'a2', 'a3', 'b1')
    assert.equal(queue.takeFromLongest('b'), 'a3')
    assert.equal(queue.length, 3)
    assert.equal(queue.takeFromLongest('c'), 'a2')
    assert.deepEqual(drain(queue), ['a1', 'b1'])
  })

  it('takes nothing for the longest group, or for one that would become as long', () => {
    const queue = queueOf('a1', 'a2', 'b1')
    assert.equal(queue.takeFromLongest('a'), undefined)
    assert.equal(queue.takeFromLongest('b'), undefined)
    assert.equal(createFairQueue().takeFromLongest('a'), undefined)
    assert.equal(queue.length, 3)
  })

  it('passes over groups that may not leave, and keeps their place', () => {
    const queue = queueOf('a1', 'a2', 'b1', 'c1')
    assert.equal(
      queue.shift((group) => group !== 'a'),
      'b1',
    )
    assert.equal(
      queue.shift(() => false),
      undefined,
    )
    assert.deepEqual(drain(queue), ['a1', 'c1', 'a2'])
  })

  it('lets an item be removed, and one that has left before is ignored', () => {
    const queue = queueOf('a1', 'a2', 'b1')
    queue.remove('a', 'a1')
    queue.remove('b', 'b1')
    queue.remove('b', 'b1')
    queue.remove('c', 'c1')
    assert.equal(queue.length, 1)
    assert.deepEqual(drain(queue), ['a2'])
  })

  it('can be emptied', () => {
    const queue = queueOf('a1', 'b1', 'a2')
    assert.deepEqual(queue.clear().sort(), ['a1', 'a2', 'b1'])
    assert.equal(queue.length, 0)
    assert.equal(queue.shift(), undefined)
  })
})
