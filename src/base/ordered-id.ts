import { uuidFromBytes } from './ids.ts'
import { fewRandomBytes } from './random-bytes.ts'

const maxCounter = 0xfff

let latestMs = 0
let counter = 0

/**
 * A UUIDv7 that is greater than all earlier ones of this process (RFC 9562 §6.2, method 1). So two messages of the same millisecond keep
 * their order, and the message that sorts last is the one whose code is valid.
 */
export function newOrderedId(now: number): string {
  if (now > latestMs) {
    latestMs = now
    counter = 0
  } else if (counter < maxCounter) {
    counter++
  } else {
    latestMs++
    counter = 0
  }
  const bytes = Buffer.from(fewRandomBytes(16))
  bytes.writeUIntBE(latestMs, 0, 6)
  bytes.writeUInt16BE(0x7000 | counter, 6)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return uuidFromBytes(bytes)
}
