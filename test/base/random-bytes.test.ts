import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fewRandomBytes } from '../../src/base/random-bytes.ts'

describe('Random bytes by the batch', () => {
  it('are as many as were asked for, and never handed out again', () => {
    // More than three batches, in pieces that do not divide one.
    const pieces = Array.from({ length: 1000 }, (_, i) => fewRandomBytes(12 + (i % 5)))
    for (const [i, bytes] of pieces.entries()) assert.equal(bytes.length, 12 + (i % 5))
    assert.equal(new Set(pieces.map((bytes) => bytes.toString('hex', 0, 12))).size, pieces.length)
    // Views of the same memory would show here.
    for (const bytes of pieces) bytes.fill(0)
    assert.notDeepEqual(fewRandomBytes(16), Buffer.alloc(16))
  })

  it('use all values of a byte about as often', () => {
    const counts = new Array<number>(256).fill(0)
    for (let i = 0; i < 1600; i++) for (const byte of fewRandomBytes(16)) counts[byte] = (counts[byte] ?? 0) + 1
    // 100 expected, standard deviation 10.
    for (const count of counts) assert.ok(count > 30 && count < 170, `${count}`)
  })

  it('are no substitute for many', () => {
    assert.throws(() => fewRandomBytes(4097), RangeError)
    assert.equal(fewRandomBytes(4096).length, 4096)
  })
})
