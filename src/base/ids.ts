import { randomInt, randomUUID } from 'node:crypto'
import { fewRandomBytes } from './random-bytes.ts'

const lowerAlphanumeric = '0123456789abcdefghijklmnopqrstuvwxyz'
const alphanumeric = `${lowerAlphanumeric}ABCDEFGHIJKLMNOPQRSTUVWXYZ`

function randomText(alphabet: string, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) text += alphabet[randomInt(alphabet.length)]
  return text
}

/** `<region>_<9 alphanumerics>`, like Cognito's pool ids. */
export function newPoolId(region: string): string {
  return `${region}_${randomText(alphanumeric, 9)}`
}

/** `<region>:<UUID>`, the form of the ids of identity pools and identities. */
export function newRegionalId(region: string): string {
  return `${region}:${randomUUID()}`
}

export function newClientId(): string {
  return randomText(lowerAlphanumeric, 26)
}

/** Whether the value has the form of `newPoolId`. */
export function isOwnPoolId(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z]{2}(-[a-z]+)+-\d_[0-9a-zA-Z]{9}$/.test(value)
}

/** Whether the value has the form of `newClientId`. */
export function isOwnClientId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-z]{26}$/.test(value)
}

/** Cognito's client secrets have 51 or 52 characters; 52 characters of this alphabet carry 268 bits. */
export function newClientSecret(): string {
  return randomText(lowerAlphanumeric, 52)
}

/** A uniformly random decimal code, with leading zeros. */
export function newCode(digits: number): string {
  return randomInt(10 ** digits)
    .toString()
    .padStart(digits, '0')
}

/**
 * A UUIDv7 (RFC 9562 §5.7): 48 bits of time, then 74 random bits. Rows that are created together are close together in an index.
 * `now` is in epoch milliseconds; `random` are sixteen bytes.
 */
export function uuidv7(now: number, random: Buffer = fewRandomBytes(16)): string {
  const bytes = Buffer.from(random)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return uuidFromBytes(bytes)
}

/** The least UUID of all that `uuidv7` makes at the time `at`, and greater than all of earlier times. */
export function lowestUuidv7(at: number): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(at, 0, 6)
  return uuidFromBytes(bytes)
}

/** Formats sixteen bytes as a UUID. */
export function uuidFromBytes(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}
