import { readVerifier } from '../../base/srp/exchange.ts'
import { base64Text, fromBase64, isWithin, saltAndKey } from './hash-fields.ts'
import type { Digest, ImportedHash, Message, SrpVerifierHash } from './hash-types.ts'

/** How long each digest is, in bytes. */
export const digestBytes: Readonly<Record<Digest, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 }

const maximumIterations: Readonly<Record<Digest, number>> = { md5: 0, sha1: 2_000_000, sha256: 1_000_000, sha512: 500_000 }

const pbkdf2 = new RegExp(`^\\$pbkdf2(?:-(sha\\d+))?\\$(?:i=)?(\\d{1,7})(?:,l=\\d{1,3})?\\$(${base64Text})\\$(${base64Text})$`)

/** `$pbkdf2-<digest>$<iterations>$salt$key`, or `i=<iterations>,l=<bytes>` in the place of the iterations. `$pbkdf2$` is that of SHA-1. */
export function readPbkdf2(digest: Digest, text: string): ImportedHash | undefined {
  const [, name = 'sha1', count, saltText = '', keyText = ''] = pbkdf2.exec(text) ?? []
  const iterations = Number(count)
  if (name !== digest || !isWithin(iterations, 1, maximumIterations[digest])) return undefined
  const decoded = saltAndKey(fromBase64(saltText), fromBase64(keyText))
  return decoded && { kind: 'PBKDF2', digest, iterations, ...decoded }
}

const maximumRounds = 250_000

const digestForm = new RegExp(
  `^\\$(md5|sha1|sha256|sha512)\\$(?:(?:salt=(prefix|suffix)|pf=(${base64Text}))(?:,n=(\\d{1,6}))?\\$(${base64Text})\\$)?(${base64Text})$`,
)

/** A digest of password and salt, in one of the forms that `importAlgorithms` lists. */
export function readSaltedDigest(digest: Digest, text: string): ImportedHash | undefined {
  if (text.startsWith('{')) return readLdapDigest(digest, text)
  const [, name, place, pattern, count = '1', saltText = '', keyText = ''] = digestForm.exec(text) ?? []
  const rounds = Number(count)
  if (name !== digest || !isWithin(rounds, 1, maximumRounds)) return undefined
  return digestOf({ digest, rounds, pattern: patternOf(place, pattern), salt: fromBase64(saltText), key: fromBase64(keyText) })
}

function patternOf(place: string | undefined, pattern: string | undefined): string {
  if (pattern !== undefined) return fromBase64(pattern).toString()
  return place === 'suffix' ? '{PASSWORD}{SALT}' : '{SALT}{PASSWORD}'
}

type DigestParts = {
  readonly digest: Digest
  readonly rounds: number
  readonly pattern: string
  readonly salt: Buffer
  readonly key: Buffer
}

function digestOf({ digest, rounds, pattern, salt, key }: DigestParts): ImportedHash | undefined {
  const message = messageOf(pattern, salt)
  if (message === undefined || key.length !== digestBytes[digest]) return undefined
  return { kind: 'DIGEST', digest, rounds, message, key }
}

/** Undefined when the pattern has no place for the password: then every password would be right. */
function messageOf(pattern: string, salt: Buffer): Message | undefined {
  const [first, second, ...rest] = pattern.split('{PASSWORD}').map((text) => withSalt(text, salt))
  return first && second && rest.length <= maximumRepeats ? [first, second, ...rest] : undefined
}

/** How often a pattern may have the password in addition to the first time. */
const maximumRepeats = 3

function withSalt(text: string, salt: Buffer): Buffer {
  const parts = text.split('{SALT}').flatMap((part, at) => (at === 0 ? [Buffer.from(part)] : [salt, Buffer.from(part)]))
  return Buffer.concat(parts)
}

const ldapNames: Readonly<Record<Digest, string>> = { md5: '{SMD5}', sha1: '{SSHA}', sha256: '{SSHA256}', sha512: '{SSHA512}' }

/** `{SSHA}`, then the base64 of the digest of password and salt, and the salt. */
function readLdapDigest(digest: Digest, text: string): ImportedHash | undefined {
  const name = ldapNames[digest]
  const encoded = text.slice(name.length)
  if (!text.startsWith(name) || !new RegExp(`^${base64Text}$`).test(encoded)) return undefined
  const bytes = fromBase64(encoded)
  const key = bytes.subarray(0, digestBytes[digest])
  return digestOf({ digest, rounds: 1, pattern: '{PASSWORD}{SALT}', salt: bytes.subarray(key.length), key })
}

const hmacForm = new RegExp(`^\\$hmac-(md5|sha1|sha256|sha512)\\$(${base64Text})\\$(${base64Text})$`)

/** `$hmac-<digest>$hash$key`: the HMAC of the password under the key. Some systems write the hash as the base64 of its hex. */
export function readHmac(digest: Digest, text: string): ImportedHash | undefined {
  const [, name, hashText = '', secretText = ''] = hmacForm.exec(text) ?? []
  if (name !== digest) return undefined
  const bytes = fromBase64(hashText)
  const isHex = bytes.length === 2 * digestBytes[digest] && /^[0-9a-fA-F]+$/.test(bytes.toString('latin1'))
  const key = isHex ? Buffer.from(bytes.toString('latin1'), 'hex') : bytes
  return key.length === digestBytes[digest] ? { kind: 'HMAC', digest, secret: fromBase64(secretText), key } : undefined
}

const srpForm = new RegExp(`^\\$srp\\$([0-9A-Za-z_-]{1,64})\\$(${base64Text})\\$(${base64Text})\\$(${base64Text})$`)

/** `$srp$<name of the pool>$<username>$salt$verifier`. */
export function readSrpVerifier(text: string): SrpVerifierHash | undefined {
  const [, group, nameText = '', saltText = '', verifierText = ''] = srpForm.exec(text) ?? []
  const username = fromBase64(nameText).toString()
  const salt = fromBase64(saltText)
  const verifier = readVerifier(fromBase64(verifierText))
  if (group === undefined || verifier === undefined) return undefined
  if (!isWithin(username.length, 1, 128) || !isWithin(salt.length, 1, 32)) return undefined
  return { kind: 'SRP', group, username, salt, verifier }
}
