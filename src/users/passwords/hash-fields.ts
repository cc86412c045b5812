/** How long the derived key in a hash may be, in bytes. A shorter key is too weak; a longer one adds no security. */
const keyBytes = { min: 16, max: 128 }
const maximumSaltBytes = 128

/** Base64 with `+` or `.` for the same digit, with or without padding; the empty text too. */
export const base64Text = '[A-Za-z0-9+./]*={0,2}'

export function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64')
}

/** Undefined when the salt or the key is too short or too long. */
export function saltAndKey(salt: Buffer, key: Buffer): { salt: Buffer; key: Buffer } | undefined {
  return isWithin(salt.length, 1, maximumSaltBytes) && isWithin(key.length, keyBytes.min, keyBytes.max) ? { salt, key } : undefined
}

/** Whether the value is in the range, bounds included. False for NaN. */
export function isWithin(value: number, min: number, max: number): boolean {
  return value >= min && value <= max
}
