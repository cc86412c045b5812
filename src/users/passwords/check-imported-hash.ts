import { argon2Sync, createCipheriv, createHmac, hash as digestOf, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { compareSync } from 'bcryptjs'
import type { ImportedHash, Message, SrpVerifierHash } from './hash-types.ts'
import { type ImportAlgorithm, readImportedHash } from './imported-hash.ts'
import { digestBytes } from './read-other-hash.ts'

/** The message to a worker thread: is this hash a hash of this password? */
export type HashCheck = { readonly algorithm: ImportAlgorithm; readonly hash: string; readonly password: string }

/**
 * Whether `hash` is a hash of the password. Blocks the calling thread for up to a second. Verifiers of SRP are checked elsewhere (see
 * passwords.ts), because the table for their computation is on the main thread.
 * @throws Error when the hash cannot be read
 */
export function checkImportedHash({ algorithm, hash, password }: HashCheck): boolean {
  const read = readImportedHash(algorithm, hash)
  if (read === undefined || read.kind === 'SRP') throw new Error('An imported password hash cannot be read.')
  if (read.kind === 'BCRYPT') return compareSync(password, read.hash)
  const derived = derive(read, password)
  return timingSafeEqual(derived, read.key.subarray(0, derived.length))
}

type KeyHash = Exclude<ImportedHash, { kind: 'BCRYPT' } | SrpVerifierHash>

/** The key that the password gives, or the beginning of it. */
function derive(hash: KeyHash, password: string): Buffer {
  switch (hash.kind) {
    case 'SCRYPT':
      return scrypt(hash, password, hash.key.length)
    case 'ARGON2': {
      const { variant, salt, memory, passes, parallelism, key } = hash
      return argon2Sync(variant, { message: password, nonce: salt, memory, passes, parallelism, tagLength: key.length })
    }
    case 'PBKDF2': {
      const { salt, iterations, key, digest } = hash
      // Each block of a longer key takes all iterations again, and depends on nothing but the password and the salt: the first is enough.
      return pbkdf2Sync(password, salt, iterations, Math.min(key.length, digestBytes[digest]), digest)
    }
    case 'FIREBASE_SCRYPT': {
      const cipher = createCipheriv('aes-256-ctr', scrypt(hash, password, 32), Buffer.alloc(16))
      return Buffer.concat([cipher.update(hash.signerKey), cipher.final()])
    }
    case 'DIGEST':
      return repeatedDigest(hash, messageWith(hash.message, password))
    case 'PHPASS':
      return phpass(hash, password)
    case 'HMAC':
      return createHmac(hash.digest, hash.secret).update(password).digest()
  }
}

type Scrypt = { readonly cost: number; readonly blockSize: number; readonly parallelization: number; readonly salt: Buffer }

function scrypt({ cost, blockSize, parallelization, salt }: Scrypt, password: string, length: number): Buffer {
  // Node's default memory limit is too low for the highest costs that we accept: scrypt takes just over 128·N·r bytes.
  return scryptSync(password, salt, length, { cost, blockSize, parallelization, maxmem: 129 * cost * blockSize + 1024 * 1024 })
}

function messageWith([before, ...after]: Message, password: string): Buffer {
  const bytes = Buffer.from(password)
  return Buffer.concat([before, ...after.flatMap((text) => [bytes, text])])
}

function repeatedDigest({ digest, rounds }: Extract<ImportedHash, { kind: 'DIGEST' }>, message: Buffer): Buffer {
  let result = message
  for (let round = 0; round < rounds; round += 1) result = digestOf(digest, result, 'buffer')
  return result
}

function phpass({ digest, rounds, salt, key }: Extract<ImportedHash, { kind: 'PHPASS' }>, password: string): Buffer {
  const bytes = Buffer.from(password)
  let result = digestOf(digest, Buffer.concat([salt, bytes]), 'buffer')
  for (let round = 0; round < rounds; round += 1) result = digestOf(digest, Buffer.concat([result, bytes]), 'buffer')
  return result.subarray(0, key.length)
}
