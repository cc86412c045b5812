import type { ImportedHash } from './hash-types.ts'
import { readHmac, readPbkdf2, readSaltedDigest, readSrpVerifier } from './read-other-hash.ts'
import { readPhpass } from './read-phpass.ts'
import { readArgon2, readBcrypt, readFirebaseScrypt, readScrypt } from './read-slow-hash.ts'

/** The algorithms of Cognito's import jobs, by the names of PasswordHashingAlgorithm. */
export type HashAlgorithm = 'BCRYPT' | 'SCRYPT' | 'ARGON2ID' | 'PBKDF2_SHA256'

/**
 * The algorithms of password hashes that our own import takes, with the text forms of a hash. Salts, keys and hashes are in base64 (with
 * `+` or `.` for the same digit, with or without padding) unless the form says otherwise.
 *
 * | algorithm | text forms | limits |
 * |---|---|---|
 * | `BCRYPT` | `$2b$<cost>$<22 characters of salt><31 of hash>`; also `2a`, `2x`, `2y` | cost 14 |
 * | `SCRYPT` | `$scrypt$ln=<log2 N, or N>,r=<r>,p=<p>$<salt>$<key>`; `N$r$p$<salt in hex>$<key in hex>` | N·r 2^20, N·r·p 2^20, p 16 |
 * | `ARGON2ID`, `ARGON2I` | `$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<key>` (PHC) | m 131,072, m·t 524,288, p 64 |
 * | `PBKDF2_SHA1`, `PBKDF2_SHA256`, `PBKDF2_SHA512` | `$pbkdf2-sha256$<iterations>$<salt>$<key>`; `$pbkdf2-sha256$i=<iterations>,l=<bytes>$<salt>$<key>`; `$pbkdf2$…` is SHA-1 | iterations: 2,000,000; 1,000,000; 500,000 |
 * | `FIREBASE_SCRYPT` | `$firescrypt$ln=<mem_cost>,r=<rounds>,p=1$<salt>$<hash>$<salt separator>$<signer key>` | as SCRYPT |
 * | `MD5`, `SHA1`, `SHA256`, `SHA512` | see below | 250,000 rounds |
 * | `HMAC_MD5`, `HMAC_SHA1`, `HMAC_SHA256`, `HMAC_SHA512` | `$hmac-sha256$<hash>$<key>` (the hash may be the base64 of its hex) | |
 * | `PHPASS_MD5`, `PHPASS_SHA512` | `$P$…`, `$H$…`; `$S$…` (WordPress, phpBB; Drupal); `$phpass-md5$n=<rounds>$<salt>$<hash as in the short form>` | 250,000 rounds |
 * | `SRP` | `$srp$<name of the pool>$<username in base64 of UTF-8>$<salt>$<verifier>` | |
 *
 * Digests, here of SHA-256:
 * - `$sha256$<hash>` without a salt,
 * - `$sha256$salt=prefix$<salt>$<hash>` and `$sha256$salt=suffix$<salt>$<hash>`,
 * - `$sha256$pf=<pattern in base64>$<salt>$<hash>`; the pattern has `{PASSWORD}` and, as a rule, `{SALT}`,
 * - both with `,n=<rounds>` after the first parameter: the digest of the digest, and so on,
 * - `{SSHA256}<base64 of hash and salt>` as in LDAP; also `{SMD5}`, `{SSHA}`, `{SSHA512}`.
 *
 * The pool's name in SRP is the part of the pool's id after the underscore; the username is the one for which the verifier was made. The
 * limits bound what one check costs: about one second, and 128 MiB of memory.
 */
export const importAlgorithms = [
  'BCRYPT',
  'SCRYPT',
  'ARGON2ID',
  'ARGON2I',
  'PBKDF2_SHA1',
  'PBKDF2_SHA256',
  'PBKDF2_SHA512',
  'FIREBASE_SCRYPT',
  'MD5',
  'SHA1',
  'SHA256',
  'SHA512',
  'HMAC_MD5',
  'HMAC_SHA1',
  'HMAC_SHA256',
  'HMAC_SHA512',
  'PHPASS_MD5',
  'PHPASS_SHA512',
  'SRP',
] as const

export type ImportAlgorithm = (typeof importAlgorithms)[number]

/** Longer texts are refused before they are read. The longest form, that of SRP, has about 1,300 characters. */
const maximumTextLength = 2_048

const readers: Readonly<Record<ImportAlgorithm, (text: string) => ImportedHash | undefined>> = {
  BCRYPT: readBcrypt,
  SCRYPT: readScrypt,
  ARGON2ID: (text) => readArgon2('argon2id', text),
  ARGON2I: (text) => readArgon2('argon2i', text),
  PBKDF2_SHA1: (text) => readPbkdf2('sha1', text),
  PBKDF2_SHA256: (text) => readPbkdf2('sha256', text),
  PBKDF2_SHA512: (text) => readPbkdf2('sha512', text),
  FIREBASE_SCRYPT: readFirebaseScrypt,
  MD5: (text) => readSaltedDigest('md5', text),
  SHA1: (text) => readSaltedDigest('sha1', text),
  SHA256: (text) => readSaltedDigest('sha256', text),
  SHA512: (text) => readSaltedDigest('sha512', text),
  HMAC_MD5: (text) => readHmac('md5', text),
  HMAC_SHA1: (text) => readHmac('sha1', text),
  HMAC_SHA256: (text) => readHmac('sha256', text),
  HMAC_SHA512: (text) => readHmac('sha512', text),
  PHPASS_MD5: (text) => readPhpass('md5', text),
  PHPASS_SHA512: (text) => readPhpass('sha512', text),
  SRP: readSrpVerifier,
}

export function isImportAlgorithm(name: string): name is ImportAlgorithm {
  return Object.hasOwn(readers, name)
}

/** Parses a hash in one of the text forms of `importAlgorithms`. Undefined when it is malformed, or when a check would cost too much. */
export function readImportedHash(algorithm: ImportAlgorithm, text: string): ImportedHash | undefined {
  return text.length > maximumTextLength ? undefined : readers[algorithm](text)
}
