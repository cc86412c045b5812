import type { Digest } from '../../users/passwords/hash-types.ts'
import type { ReadHash } from './password-state.ts'

/** Auth0's `custom_password_hash`. */
export type Auth0Password = {
  readonly algorithm: string
  readonly hash: { readonly value: string; readonly encoding: 'base64' | 'utf8'; readonly digest?: Digest; readonly key?: Auth0Text }
  readonly salt?: Auth0Text & { readonly position?: 'prefix' | 'suffix' }
  readonly keylen?: number
  readonly cost?: number
  readonly blockSize?: number
  readonly parallelization?: number
}

type Auth0Text = { readonly value: string; readonly encoding: 'base64' }

/** Undefined for a hash that Auth0 does not take. */
export function auth0Password({ text, hash }: ReadHash): Auth0Password | undefined {
  switch (hash.kind) {
    case 'ARGON2':
      return { algorithm: 'argon2', hash: { value: text, encoding: 'utf8' } }
    case 'BCRYPT':
      return /^\$2[aby]\$/.test(text) ? { algorithm: 'bcrypt', hash: { value: text, encoding: 'utf8' } } : undefined
    case 'PBKDF2':
      return { algorithm: 'pbkdf2', hash: { value: pbkdf2Text(hash), encoding: 'utf8' } }
    case 'SCRYPT':
      return scryptOf(hash)
    case 'DIGEST':
      return digestOf(hash)
    case 'HMAC':
      return { algorithm: 'hmac', hash: { ...base64(hash.key), digest: hash.digest, key: base64(hash.secret) } }
    default:
      return undefined
  }
}

const base64 = (bytes: Buffer): Auth0Text => ({ value: bytes.toString('base64'), encoding: 'base64' })

/** The PHC string with the number of iterations and the length of the key. Its base64 has no padding. */
function pbkdf2Text({ digest, iterations, salt, key }: Extract<ReadHash['hash'], { kind: 'PBKDF2' }>): string {
  const fields = [salt, key].map((bytes) => bytes.toString('base64').replace(/=+$/, ''))
  return ['', `pbkdf2-${digest}`, `i=${iterations},l=${key.length}`, ...fields].join('$')
}

function scryptOf(hash: Extract<ReadHash['hash'], { kind: 'SCRYPT' }>): Auth0Password {
  return {
    algorithm: 'scrypt',
    hash: base64(hash.key),
    salt: base64(hash.salt),
    keylen: hash.key.length,
    cost: hash.cost,
    blockSize: hash.blockSize,
    parallelization: hash.parallelization,
  }
}

/** Auth0 computes a digest once, over the password and one salt before or after it. */
function digestOf({ digest, rounds, message, key }: Extract<ReadHash['hash'], { kind: 'DIGEST' }>): Auth0Password | undefined {
  const [before, after, ...more] = message
  if (rounds !== 1 || more.length > 0 || (before.length > 0 && after.length > 0)) return undefined
  const plain: Auth0Password = { algorithm: digest, hash: base64(key) }
  if (before.length > 0) return { ...plain, salt: { ...base64(before), position: 'prefix' } }
  return after.length > 0 ? { ...plain, salt: { ...base64(after), position: 'suffix' } } : plain
}
