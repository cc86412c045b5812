/** The algorithms of password hashes that can be imported, by the names of PasswordHashingAlgorithm. */
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

/** How long the derived key in a hash may be, in bytes. A shorter key is too weak; a longer one adds no security. */
const keyBytes = { min: 16, max: 128 }
const maximumSaltBytes = 128

const readers: Readonly<Record<HashAlgorithm, (text: string) => ImportedHash | undefined>> = {
  BCRYPT: readBcrypt,
  SCRYPT: readScrypt,
  ARGON2ID: readArgon2id,
  PBKDF2_SHA256: readPbkdf2,
}

/**
 * Parses a hash in the form that Cognito's import takes. Undefined when it is malformed, or when checking it would cost more than Cognito's
 * limits: bcrypt cost 12; scrypt 65536/8/1; argon2id m=19456,t=2,p=1; PBKDF2 600,000 iterations.
 */
export function readImportedHash(algorithm: HashAlgorithm, text: string): ImportedHash | undefined {
  return readers[algorithm](text)
}

/** `$2[abxy]$<cost>$`, then 22 characters of salt and 31 of hash in bcrypt's base64. */
function readBcrypt(text: string): ImportedHash | undefined {
  const [, cost, rest] = /^\$2[abxy]\$(\d\d)\$([./A-Za-z0-9]{53})$/.exec(text) ?? []
  if (cost === undefined || !isWithin(Number(cost), 4, 12)) return undefined
  // All revisions of bcrypt (`2a`, `2b`, `2y`) give the same hash, except `2x`: it marks hashes of an implementation with a bug in letters
  // outside ASCII.
  return { algorithm: 'BCRYPT', hash: `$2b$${cost}$${rest}` }
}

/** `N$r$p$salt$key`, with salt and key in hex. */
function readScrypt(text: string): ImportedHash | undefined {
  const [, n, r, p, saltHex = '', keyHex = ''] = /^(\d{1,5})\$(\d)\$(\d)\$((?:[0-9a-fA-F]{2})+)\$((?:[0-9a-fA-F]{2})+)$/.exec(text) ?? []
  const [cost, blockSize, parallelization] = [Number(n), Number(r), Number(p)]
  const isPowerOfTwo = Number.isInteger(Math.log2(cost))
  if (!isPowerOfTwo || !isWithin(cost, 2, 65_536) || !isWithin(blockSize, 1, 8) || parallelization !== 1) return undefined
  const decoded = saltAndKey(Buffer.from(saltHex, 'hex'), Buffer.from(keyHex, 'hex'))
  return decoded && { algorithm: 'SCRYPT', cost, blockSize, parallelization, ...decoded }
}

/** The PHC string of Argon2id, version 1.3. */
function readArgon2id(text: string): ImportedHash | undefined {
  const pattern = /^\$argon2id\$v=19\$m=(\d{1,5}),t=(\d),p=(\d)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/
  const [, m, t, p, saltText = '', keyText = ''] = pattern.exec(text) ?? []
  const [memory, passes, parallelism] = [Number(m), Number(t), Number(p)]
  // RFC 9106 §3.1: at least eight blocks of one kibibyte for each lane, and a nonce of eight bytes (the salt).
  if (!isWithin(memory, 8, 19_456) || !isWithin(passes, 1, 2) || parallelism !== 1) return undefined
  const decoded = saltAndKey(Buffer.from(saltText, 'base64'), Buffer.from(keyText, 'base64'))
  return decoded && decoded.salt.length >= 8 ? { algorithm: 'ARGON2ID', memory, passes, parallelism, ...decoded } : undefined
}

/** `$pbkdf2-sha256$<iterations>$salt$key` in base64, with `+` or `.` for the same digit, with or without padding. */
function readPbkdf2(text: string): ImportedHash | undefined {
  const pattern = /^\$pbkdf2-sha256\$(\d{1,6})\$([A-Za-z0-9+./]+={0,2})\$([A-Za-z0-9+./]+={0,2})$/
  const [, count, saltText = '', keyText = ''] = pattern.exec(text) ?? []
  const iterations = Number(count)
  if (!isWithin(iterations, 1, 600_000)) return undefined
  const decoded = saltAndKey(fromBase64(saltText), fromBase64(keyText))
  return decoded && { algorithm: 'PBKDF2_SHA256', iterations, ...decoded }
}

function fromBase64(text: string): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64')
}

function saltAndKey(salt: Buffer, key: Buffer): { salt: Buffer; key: Buffer } | undefined {
  return isWithin(salt.length, 1, maximumSaltBytes) && isWithin(key.length, keyBytes.min, keyBytes.max) ? { salt, key } : undefined
}

/** Whether the value is in the range, bounds included. False for NaN. */
function isWithin(value: number, min: number, max: number): boolean {
  return value >= min && value <= max
}
