import { randomFillSync } from 'node:crypto'

const batchBytes = 4096

let batch = Buffer.alloc(0)
let used = 0

/**
 * A few unpredictable bytes, each handed out once. They are drawn in batches, because a call of the generator costs more than what it
 * makes (`crypto.randomUUID` does the same).
 */
export function fewRandomBytes(count: number): Buffer {
  if (count > batchBytes) throw new RangeError(`${count} bytes are not few.`)
  if (used + count > batch.length) {
    batch = randomFillSync(Buffer.allocUnsafeSlow(batchBytes))
    used = 0
  }
  const bytes = batch.subarray(used, used + count)
  used += count
  return bytes
}
