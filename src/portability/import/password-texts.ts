import type { PasswordText } from '../../users/import/records/imported-record.ts'
import { UnreadableRecordError } from '../../users/import/records/imported-record.ts'

/** How the texts of hashes begin, and their algorithms. */
const beginnings: readonly (readonly [RegExp, string])[] = [
  [/^\$2[abxy]\$/, 'BCRYPT'],
  [/^\$argon2id\$/, 'ARGON2ID'],
  [/^\$argon2i\$/, 'ARGON2I'],
  [/^\$pbkdf2(-sha1)?\$/, 'PBKDF2_SHA1'],
  [/^\$pbkdf2-sha256\$/, 'PBKDF2_SHA256'],
  [/^\$pbkdf2-sha512\$/, 'PBKDF2_SHA512'],
  [/^\$scrypt\$/, 'SCRYPT'],
  [/^\$firescrypt\$/, 'FIREBASE_SCRYPT'],
  [/^(\$md5\$|\{SMD5\})/, 'MD5'],
  [/^(\$sha1\$|\{SSHA\})/, 'SHA1'],
  [/^(\$sha256\$|\{SSHA256\})/, 'SHA256'],
  [/^(\$sha512\$|\{SSHA512\})/, 'SHA512'],
  [/^\$([PH]|phpass-md5)\$/, 'PHPASS_MD5'],
  [/^\$(S|phpass-sha512)\$/, 'PHPASS_SHA512'],
  [/^\$hmac-md5\$/, 'HMAC_MD5'],
  [/^\$hmac-sha1\$/, 'HMAC_SHA1'],
  [/^\$hmac-sha256\$/, 'HMAC_SHA256'],
  [/^\$hmac-sha512\$/, 'HMAC_SHA512'],
]

/** The hash of a text that says its algorithm by itself. @throws UnreadableRecordError when it says none that is known */
export function selfDescribingHash(text: string): PasswordText {
  const found = beginnings.find(([beginning]) => beginning.test(text))
  if (found === undefined) throw unknownAlgorithm()
  return { algorithm: found[1], hash: text }
}

export function unknownAlgorithm(): UnreadableRecordError {
  return new UnreadableRecordError('The algorithm of the password hash is not known here.')
}

/** The text of a PBKDF2 hash. `digest` is `sha1`, `sha256` or `sha512`. */
export function pbkdf2Text(digest: string, iterations: number, salt: Buffer, key: Buffer): PasswordText {
  const hash = `$pbkdf2-${digest}$${iterations}$${salt.toString('base64')}$${key.toString('base64')}`
  return { algorithm: `PBKDF2_${digest.toUpperCase()}`, hash }
}

/** The text of a digest of password and salt. */
export function digestText(
  digest: string,
  { salt, place, rounds, key }: { salt: Buffer; place: 'prefix' | 'suffix'; rounds: number; key: Buffer },
): PasswordText {
  const salting = salt.length === 0 && rounds === 1 ? '' : `salt=${place}${rounds === 1 ? '' : `,n=${rounds}`}$${salt.toString('base64')}$`
  return { algorithm: digest.toUpperCase(), hash: `$${digest}$${salting}${key.toString('base64')}` }
}

/** The text of a hash of phpass. `hash` has the digits of phpass. */
export function phpassText(digest: 'md5' | 'sha512', { salt, rounds, hash }: { salt: string; rounds: number; hash: string }): PasswordText {
  const text = `$phpass-${digest}$n=${rounds}$${Buffer.from(salt).toString('base64')}$${hash}`
  return { algorithm: `PHPASS_${digest.toUpperCase()}`, hash: text }
}

export function hmacText(digest: string, key: Buffer, hash: Buffer): PasswordText {
  const text = `$hmac-${digest}$${hash.toString('base64')}$${key.toString('base64')}`
  return { algorithm: `HMAC_${digest.toUpperCase()}`, hash: text }
}
