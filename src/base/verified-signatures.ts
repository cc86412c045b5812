import { hash, type KeyObject } from 'node:crypto'

/**
 * Remembers which signed texts were verified, so that a token that is sent again costs no second verification. Only the signature is
 * remembered: the caller has to find the key and to check times and revocation each time. A key that was loaded again is another object, so
 * that nothing counts for longer than the key is cached.
 */
export type VerifiedSignatures = {
  /** Resolves when the key has signed the text; `verify` finds that out, and rejects otherwise. A rejection is not remembered. */
  verifyOnce(text: string, key: KeyObject, algorithms: readonly string[], verify: () => Promise<unknown>): Promise<void>
}

/** An entry takes some 200 bytes. */
const maxEntries = 10_000

export function createVerifiedSignatures(): VerifiedSignatures {
  const keys = new Map<string, KeyObject>()
  return {
    async verifyOnce(text, key, algorithms, verify) {
      const digest = hash('sha256', `${algorithms.join(' ')}\n${text}`, 'base64url')
      if (keys.get(digest) === key) return
      await verify()
      // A Map keeps the order of insertion, so the oldest entry comes first.
      keys.delete(digest)
      if (keys.size >= maxEntries) keys.delete(keys.keys().next().value ?? '')
      keys.set(digest, key)
    },
  }
}
