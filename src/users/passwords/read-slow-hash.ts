import { base64Text, fromBase64, isWithin, saltAndKey } from './hash-fields.ts'
import type { ImportedHash } from './hash-types.ts'

/** The limits of scrypt: it takes 128·N·r bytes of memory, and a time that grows with N·r·p. */
const scryptLimits = { memoryBytes: 128 * 1024 * 1024, work: 2 ** 20, blockSize: 32, parallelization: 16 }

/** The limits of Argon2: kibibytes, kibibytes × passes, and lanes. */
const argon2Limits = { memory: 131_072, work: 524_288, parallelism: 64 }

const maximumBcryptCost = 14

/** `$2[abxy]$<cost>$`, then 22 characters of salt and 31 of hash in bcrypt's base64. */
export function readBcrypt(text: string): ImportedHash | undefined {
  const [, cost, rest] = /^\$2[abxy]\$(\d\d)\$([./A-Za-z0-9]{53})$/.exec(text) ?? []
  if (cost === undefined || !isWithin(Number(cost), 4, maximumBcryptCost)) return undefined
  // All revisions of bcrypt (`2a`, `2b`, `2y`) give the same hash, except `2x`: it marks hashes of an implementation with a bug in letters
  // outside ASCII.
  return { kind: 'BCRYPT', hash: `$2b$${cost}$${rest}` }
}

const cognitoScrypt = /^(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$((?:[0-9a-fA-F]{2})+)\$((?:[0-9a-fA-F]{2})+)$/
const phcScrypt = new RegExp(`^\\$scrypt\\$ln=(\\d{1,7}),r=(\\d{1,2}),p=(\\d{1,2})\\$(${base64Text})\\$(${base64Text})$`)

/** `N$r$p$salt$key`, with salt and key in hex, or the PHC string `$scrypt$ln=…,r=…,p=…$salt$key`. */
export function readScrypt(text: string): ImportedHash | undefined {
  const [, n, r, p, saltHex = '', keyHex = ''] = cognitoScrypt.exec(text) ?? []
  if (n !== undefined) return scryptOf({ n, r, p }, Buffer.from(saltHex, 'hex'), Buffer.from(keyHex, 'hex'))
  const [, ln, rounds, lanes, salt = '', key = ''] = phcScrypt.exec(text) ?? []
  return ln === undefined ? undefined : scryptOf({ n: costOf(ln), r: rounds, p: lanes }, fromBase64(salt), fromBase64(key))
}

/** `ln` is the logarithm of N, but some systems write N itself. An N below 32 would be no protection, so both can be told apart. */
function costOf(ln: string): number {
  return Number(ln) < 32 ? 2 ** Number(ln) : Number(ln)
}

type ScryptNumbers = { readonly n: string | number; readonly r: string | undefined; readonly p: string | undefined }

function scryptOf(numbers: ScryptNumbers, salt: Buffer, key: Buffer): ImportedHash | undefined {
  const cost = scryptCost(numbers)
  const decoded = saltAndKey(salt, key)
  return cost && decoded && { kind: 'SCRYPT', ...cost, ...decoded }
}

function scryptCost({ n, r, p }: ScryptNumbers) {
  const [cost, blockSize, parallelization] = [Number(n), Number(r), Number(p)]
  if (cost < 2 || !Number.isInteger(Math.log2(cost))) return undefined
  if (!isWithin(blockSize, 1, scryptLimits.blockSize) || !isWithin(parallelization, 1, scryptLimits.parallelization)) return undefined
  if (128 * cost * blockSize > scryptLimits.memoryBytes || cost * blockSize * parallelization > scryptLimits.work) return undefined
  return { cost, blockSize, parallelization }
}

const firebaseScrypt = new RegExp(
  `^\\$firescrypt\\$ln=(\\d{1,2}),r=(\\d{1,2}),p=(\\d{1,2})\\$(${base64Text})\\$(${base64Text})\\$(${base64Text})\\$(${base64Text})$`,
)

/** `$firescrypt$ln=<mem_cost>,r=<rounds>,p=1$salt$hash$salt separator$signer key`. The signer key is a secret of the Firebase project. */
export function readFirebaseScrypt(text: string): ImportedHash | undefined {
  const [, ln, r, p, salt = '', hash = '', separator = '', signer = ''] = firebaseScrypt.exec(text) ?? []
  const cost = ln === undefined ? undefined : scryptCost({ n: 2 ** Number(ln), r, p })
  const decoded = saltAndKey(Buffer.concat([fromBase64(salt), fromBase64(separator)]), fromBase64(hash))
  const signerKey = fromBase64(signer)
  // The hash is the signer key, encrypted by a stream cipher.
  return cost && decoded && signerKey.length === decoded.key.length
    ? { kind: 'FIREBASE_SCRYPT', ...cost, ...decoded, signerKey }
    : undefined
}

const argon2 = /^\$(argon2id?)\$v=19\$m=(\d{1,6}),t=(\d{1,5}),p=(\d{1,2})\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2})$/

/** The PHC string of Argon2, version 1.3. */
export function readArgon2(variant: 'argon2id' | 'argon2i', text: string): ImportedHash | undefined {
  const [, name, m, t, p, saltText = '', keyText = ''] = argon2.exec(text) ?? []
  if (name !== variant) return undefined
  const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)]
  // RFC 9106 §3.1: at least eight blocks of one kibibyte for each lane, and a nonce of eight bytes (the salt).
  if (!isWithin(parallelism, 1, argon2Limits.parallelism) || !isWithin(memory, 8 * parallelism, argon2Limits.memory)) return undefined
  if (passes < 1 || memory * passes > argon2Limits.work) return undefined
  const decoded = saltAndKey(Buffer.from(saltText, 'base64'), Buffer.from(keyText, 'base64'))
  return decoded && decoded.salt.length >= 8 ? { kind: 'ARGON2', variant, memory, passes, parallelism, ...decoded } : undefined
}
