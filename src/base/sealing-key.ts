import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { fewRandomBytes } from './random-bytes.ts'

/** Sealing under one master key. */
export type SealingKey<Purpose extends string> = {
  /** Stored in each sealed value, to find the master key that opens it. Not secret. */
  readonly id: Buffer
  /** The subkey of one purpose, derived from the master key. */
  subkey(purpose: Purpose): Buffer
  /** `iv` is given when a value is sealed anew, because the value keeps its IV. */
  seal(purpose: Purpose, plain: string | Buffer, context: string, iv?: Buffer): string
  /** Undefined when the value was altered, or sealed for another purpose or context. */
  open(purpose: Purpose, sealed: Buffer, context: string): Buffer | undefined
}

export const keyIdBytes = 4
const ivBytes = 12
const tagBytes = 16
const bodyStart = keyIdBytes + ivBytes + tagBytes

const masterKeyBytes = 32

/** A sealed value as bytes; undefined when the text is not a sealed value. */
export function readSealed(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  // Several base64 texts can decode to the same bytes. Only the canonical text is accepted: otherwise a client could send a consumed
  // sign-in state again as another text.
  return bytes.length < bodyStart || bytes.toString('base64url') !== text ? undefined : bytes
}

export const keyIdOf = (sealed: Buffer): Buffer => sealed.subarray(0, keyIdBytes)

export const ivOf = (sealed: Buffer): Buffer => sealed.subarray(keyIdBytes, keyIdBytes + ivBytes)

/** Where the seal mark (see `sealMark`) begins in a sealed text. The mark has 15 characters, which hold random bits of the IV. */
export const sealMarkStart = 6
export const sealMarkLength = 15

/** `masterKey` is 32 random bytes. Subkeys are derived with HKDF-SHA-256 (RFC 5869), with the purpose as info. */
export function createSealingKey<Purpose extends string>(masterKey: Buffer): SealingKey<Purpose> {
  if (masterKey.length !== masterKeyBytes)
    throw new RangeError(`The master key must be ${masterKeyBytes} bytes long, not ${masterKey.length}.`)
  const id = Buffer.from(hkdfSync('sha256', masterKey, '', 'lifeguard key id', keyIdBytes))
  const subkeys = new Map<Purpose, Buffer>()

  function subkey(purpose: Purpose): Buffer {
    let key = subkeys.get(purpose)
    if (key === undefined) {
      key = Buffer.from(hkdfSync('sha256', masterKey, '', `lifeguard ${purpose}`, 32))
      subkeys.set(purpose, key)
    }
    return key
  }

  return {
    id,
    subkey,

    seal(purpose, plain, context, iv = fewRandomBytes(ivBytes)) {
      const cipher = createCipheriv('aes-256-gcm', subkey(purpose), iv)
      cipher.setAAD(Buffer.from(context))
      const body = cipher.update(plain)
      cipher.final() // Returns no bytes in GCM; it computes the tag.
      return Buffer.concat([id, iv, cipher.getAuthTag(), body]).toString('base64url')
    },

    open: (purpose, sealed, context) => openSealed(subkey(purpose), sealed, context),
  }
}

/** Undefined when the value was altered, or sealed under another subkey or for another context. */
export function openSealed(subkey: Buffer, sealed: Buffer, context: string): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', subkey, ivOf(sealed))
  decipher.setAuthTag(sealed.subarray(keyIdBytes + ivBytes, bodyStart))
  decipher.setAAD(Buffer.from(context))
  try {
    const plain = decipher.update(sealed.subarray(bodyStart))
    decipher.final()
    return plain
  } catch {
    return undefined
  }
}

/** HMAC-SHA-256 over the parts, each with its length, so that different lists have different input. */
export function keyedHash(key: Buffer, parts: readonly string[]): Buffer {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
  return hmac.digest()
}
