import { base64Text, fromBase64, isWithin } from './hash-fields.ts'
import type { ImportedHash } from './hash-types.ts'

/** phpass has digits of its own, and writes the lowest bits first. */
const digits = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** How many characters of a hash are stored. Those of SHA-512 are cut off: 32 bytes of 64, and two bits that are not compared. */
const hashLength = { md5: 22, sha512: 43 } as const
const maximumRounds = 250_000

const shortForm = /^\$([PHS])\$([./0-9A-Za-z])([\x21-\x7e]{8})([./0-9A-Za-z]{22,43})$/
const longForm = new RegExp(`^\\$phpass-(md5|sha512)\\$n=(\\d{1,6})\\$(${base64Text})\\$([./0-9A-Za-z]{22,43})$`)

/** The portable hashes of phpass: a digest of salt and password, and then of that digest and the password, again and again. */
export function readPhpass(digest: 'md5' | 'sha512', text: string): ImportedHash | undefined {
  const parts = partsOf(text)
  if (parts === undefined || parts.digest !== digest || parts.hash.length !== hashLength[digest]) return undefined
  if (!isWithin(parts.rounds, 1, maximumRounds) || parts.salt.length === 0) return undefined
  return { kind: 'PHPASS', digest, rounds: parts.rounds, salt: parts.salt, key: decode(parts.hash) }
}

function partsOf(text: string) {
  const [, letter, cost, salt, hash] = shortForm.exec(text) ?? []
  if (letter !== undefined && cost !== undefined && salt !== undefined && hash !== undefined) {
    return { digest: letter === 'S' ? 'sha512' : 'md5', rounds: 2 ** digits.indexOf(cost), salt: Buffer.from(salt), hash }
  }
  const [, digest, rounds, saltText, longHash] = longForm.exec(text) ?? []
  if (digest === undefined || saltText === undefined || longHash === undefined) return undefined
  return { digest, rounds: Number(rounds), salt: fromBase64(saltText), hash: longHash }
}

function decode(text: string): Buffer {
  const bytes: number[] = []
  for (let at = 0; at + 1 < text.length; at += 4) {
    const group = [...text.slice(at, at + 4)]
    const value = group.reduce((sum, digit, place) => sum + digits.indexOf(digit) * 64 ** place, 0)
    for (let place = 0; place < group.length - 1; place++) bytes.push(Math.floor(value / 256 ** place) % 256)
  }
  return Buffer.from(bytes)
}
