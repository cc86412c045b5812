import { randomFillSync } from 'node:crypto'

const batchBytes = 4096

let batch = Buffer.alloc(0)
let used = 0

/**
 * A few cryptographically random bytes. They are made in batches, because a call of the generator takes much longer than the
 * making of a few bytes (`crypto.randomUUID` does the same).
 */
export function fewRandomBytes(count: number): Buffer {
  if (count > batchBytes) throw new RangeError(`At most ${batchBytes} random bytes can be requested, not ${count}.`)
  if (used + count > batch.length) {
    batch = randomFillSync(Buffer.allocUnsafeSlow(batchBytes))
    used = 0
  }
  const bytes = batch.subarray(used, used + count)
  used += count
  return bytes
}
