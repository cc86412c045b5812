import { randomBytes } from 'node:crypto'

/** Loads the library that creates certificates, which Node cannot do. It is loaded on demand, because it is seldom needed. */
export async function loadX509(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

/** A serial number in hex: positive, at most 20 octets (RFC 5280 §4.1.2.2). */
export function newSerialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}
