import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { fewRandomBytes } from './random-bytes.ts'

/** What a subkey is for. Each purpose has its own key, so that nothing sealed for one opens for another. */
export type SecretPurpose =
  | 'access-key'
  | 'client-secret'
  | 'code'
  | 'decoy'
  | 'feedback'
  | 'device'
  | 'device-step'
  | 'identity-provider'
  | 'import'
  | 'import-upload'
  | 'master-key-check'
  | 'message'
  | 'message-cap'
  | 'pagination'
  | 'passkey-registration'
  | 'password'
  | 'refresh-token'
  | 'signing-key'
  | 'sign-in-state'
  | 'sign-up-session'
  | 'software-token'
  | 'test-code'
  | 'trigger-answer'
  | 'trigger-invocation'

/** Sealing and keyed hashing under subkeys of the master key. */
export type Secrets = {
  /**
   * AES-256-GCM under the purpose's subkey; the result is base64url. `context` (such as pool id and sub) is
   * authenticated but not stored: a sealed value copied into another row does not open there.
   */
  seal(purpose: SecretPurpose, plain: string | Buffer, context?: string): string
  /** Undefined when it was altered, sealed for something else, or sealed under another master key. */
  open(purpose: SecretPurpose, sealed: string, context?: string): Buffer | undefined
  /** HMAC-SHA-256 under the purpose's subkey over the parts, each with its length, so that no two lists collide. */
  mac(purpose: SecretPurpose, ...parts: readonly string[]): Buffer
}

const keyIdBytes = 4
const ivBytes = 12
const tagBytes = 16

const masterKeyBytes = 32

/** `masterKey` is 32 random bytes; every subkey is its HKDF-SHA-256 (RFC 5869) with the purpose as info. */
export function createSecrets(masterKey: Buffer): Secrets {
  if (masterKey.length !== masterKeyBytes)
    throw new RangeError(`The master key must be ${masterKeyBytes} bytes long, not ${masterKey.length}.`)
  const keyId = Buffer.from(hkdfSync('sha256', masterKey, '', 'lifeguard key id', keyIdBytes))
  const subkeys = new Map<SecretPurpose, Buffer>()

  function subkey(purpose: SecretPurpose): Buffer {
    let key = subkeys.get(purpose)
    if (key === undefined) {
      key = Buffer.from(hkdfSync('sha256', masterKey, '', `lifeguard ${purpose}`, 32))
      subkeys.set(purpose, key)
    }
    return key
  }

  return {
    seal(purpose, plain, context = '') {
      const iv = fewRandomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', subkey(purpose), iv)
      cipher.setAAD(Buffer.from(context))
      const body = cipher.update(plain)
      cipher.final() // GCM holds nothing back: this only makes the tag.
      return Buffer.concat([keyId, iv, cipher.getAuthTag(), body]).toString('base64url')
    },

    open(purpose, sealed, context = '') {
      const bytes = Buffer.from(sealed, 'base64url')
      const bodyStart = keyIdBytes + ivBytes + tagBytes
      // Base64 has more than one spelling of some bytes; only the one that was issued counts, so that "used once" holds.
      if (bytes.length < bodyStart || bytes.toString('base64url') !== sealed) return undefined
      if (!timingSafeEqual(bytes.subarray(0, keyIdBytes), keyId)) return undefined
      const decipher = createDecipheriv('aes-256-gcm', subkey(purpose), bytes.subarray(keyIdBytes, keyIdBytes + ivBytes))
      decipher.setAuthTag(bytes.subarray(keyIdBytes + ivBytes, bodyStart))
      decipher.setAAD(Buffer.from(context))
      try {
        const plain = decipher.update(bytes.subarray(bodyStart))
        decipher.final()
        return plain
      } catch {
        return undefined
      }
    },

    mac(purpose, ...parts) {
      const hmac = createHmac('sha256', subkey(purpose))
      for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part)
      return hmac.digest()
    },
  }
}
