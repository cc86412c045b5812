import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fewRandomBytes } from '../../src/base/random-bytes.ts'

describe('fewRandomBytes', () => {
  it('returns the requested number of bytes, and never the same memory twice', () => {
    // The function takes its bytes from batches. These pieces need more than three batches, and their lengths do not divide a batch.
    const pieces = Array.from({ length: 1000 }, (_, i) => fewRandomBytes(12 + (i % 5)))
    for (const [i, bytes] of pieces.entries()) assert.equal(bytes.length, 12 + (i % 5))
    assert.equal(new Set(pieces.map((bytes) => bytes.toString('hex', 0, 12))).size, pieces.length)
    // If the next piece shared memory with one of these, it would be zero.
    for (const bytes of pieces) bytes.fill(0)
    assert.notDeepEqual(fewRandomBytes(16), Buffer.alloc(16))
  })

  it('returns all values of a byte about equally often', () => {
    const counts = new Array<number>(256).fill(0)
    for (let i = 0; i < 1600; i++) for (const byte of fewRandomBytes(16)) counts[byte] = (counts[byte] ?? 0) + 1
    // Each count is about 100, with a standard deviation of 10.
    for (const count of counts) assert.ok(count > 30 && count < 170, `${count}`)
  })

  it('rejects a request for more bytes than one batch has', () => {
    assert.throws(() => fewRandomBytes(4097), RangeError)
    assert.equal(fewRandomBytes(4096).length, 4096)
  })
})
