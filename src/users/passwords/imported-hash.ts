/** What another system made of a password. The names are those of PasswordHashingAlgorithm. */
export type HashAlgorithm = 'BCRYPT' | 'SCRYPT' | 'ARGON2ID' | 'PBKDF2_SHA256'

export type ImportedHash =
  | { readonly algorithm: 'BCRYPT'; readonly hash: string }
  | {
      readonly algorithm: 'SCRYPT'
      readonly cost: number
      readonly blockSize: number
      readonly parallelization: number
      readonly salt: Buffer
      readonly key: Buffer
    }
  | {
      readonly algorithm: 'ARGON2ID'
      readonly memory: number
      readonly passes: number
      readonly parallelism: number
      readonly salt: Buffer
      readonly key: Buffer
    }
  | { readonly algorithm: 'PBKDF2_SHA256'; readonly iterations: number; readonly salt: Buffer; readonly key: Buffer }

/** Longer keys prove nothing more, shorter ones too little. */
const keyBytes = { min: 16, max: 128 }
const mostSaltBytes = 128

const readers: Readonly<Record<HashAlgorithm, (text: string) => ImportedHash | undefined>> = {
  BCRYPT: readBcrypt,
  SCRYPT: readScrypt,
  ARGON2ID: readArgon2id,
  PBKDF2_SHA256: readPbkdf2,
}

/**
 * Reads a hash in the form that Cognito's import takes. Undefined when it is malformed, or when a sign-in would cost more than
 * Cognito allows it to: bcrypt cost 12; scrypt 65536/8/1; argon2id m=19456,t=2,p=1; PBKDF2 600,000 iterations.
 */
export function readImportedHash(algorithm: HashAlgorithm, text: string): ImportedHash | undefined {
  return readers[algorithm](text)
}

/** `$2[abxy]$<cost>$` and 22 characters of salt, 31 of hash, in bcrypt's own base64. */
function readBcrypt(text: string): ImportedHash | undefined {
  const [, cost, rest] = /^\$2[abxy]\$(\d\d)\$([./A-Za-z0-9]{53})$/.exec(text) ?? []
  if (cost === undefined || !isWithin(Number(cost), 4, 12)) return undefined
  // The revisions agree on all but what no implementation in use does: `x` marks hashes of one that got letters outside ASCII wrong.
  return { algorithm: 'BCRYPT', hash: `$2b$${cost}$${rest}` }
}

/** `N$r$p$salt$key`, salt and key in hex. */
function readScrypt(text: string): ImportedHash | undefined {
  const [, n, r, p, saltHex = '', keyHex = ''] = /^(\d{1,5})\$(\d)\$(\d)\$((?:[0-9a-fA-F]{2})+)\$((?:[0-9a-fA-F]{2})+)$/.exec(text) ?? []
  const [cost, blockSize, parallelization] = [Number(n), Number(r), Number(p)]
  const isPowerOfTwo = Number.isInteger(Math.log2(cost))
  if (!isPowerOfTwo || !isWithin(cost, 2, 65_536) || !isWithin(blockSize, 1, 8) || parallelization !== 1) return undefined
  const parts = sound(Buffer.from(saltHex, 'hex'), Buffer.from(keyHex, 'hex'))
  return parts && { algorithm: 'SCRYPT', cost, blockSize, parallelization, ...parts }
}

/** The PHC string of Argon2id, version 1.3. */
function readArgon2id(text: string): ImportedHash | undefined {
  const shape = /^\$argon2id\$v=19\$m=(\d{1,5}),t=(\d),p=(\d)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
  const [, m, t, p, saltText = '', keyText = ''] = shape.exec(text) ?? []
  const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)]
  // RFC 9106 §3.1: at least eight blocks of a kibibyte a lane, and a nonce of eight bytes.
  if (!isWithin(memory, 8, 19_456) || !isWithin(passes, 1, 2) || parallelism !== 1) return undefined
  const parts = sound(Buffer.from(saltText, 'base64'), Buffer.from(keyText, 'base64'))
  return parts && parts.salt.length >= 8 ? { algorithm: 'ARGON2ID', memory, passes, parallelism, ...parts } : undefined
}

/** `$pbkdf2-sha256$<iterations>$salt$key` in base64, also in the dialect that writes `.` for `+`; padding does not matter. */
function readPbkdf2(text: string): ImportedHash | undefined {
  const shape = /^\$pbkdf2-sha256\$(\d{1,6})\$([A-Za-z0-9+./]+={0,2})\$([A-Za-z0-9+./]+={0,2})$/
  const [, count, saltText = '', keyText = ''] = shape.exec(text) ?? []
  const iterations = Number(count)
  if (!isWithin(iterations, 1, 600_000)) return undefined
  const parts = sound(fromBase64(saltText), fromBase64(keyText))
  return parts && { algorithm: 'PBKDF2_SHA256', iterations, ...parts }
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64')
}

function sound(salt: Buffer, key: Buffer): { salt: Buffer; key: Buffer } | undefined {
  return isWithin(salt.length, 1, mostSaltBytes) && isWithin(key.length, keyBytes.min, keyBytes.max) ? { salt, key } : undefined
}

/** False for NaN, too. */
function isWithin(value: number, min: number, max: number): boolean {
  return value >= min && value <= max
}
