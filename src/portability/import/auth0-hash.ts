import type { PasswordText } from '../../users/import/records/imported-record.ts'
import { UnreadableRecordError } from '../../users/import/records/imported-record.ts'
import { countOf, type Json, objectOf, requiredText, textOf } from './fields.ts'
import { digestText, hmacText, selfDescribingHash, unknownAlgorithm } from './password-texts.ts'

/** Algorithms whose texts say all that is needed. */
const selfDescribing: readonly string[] = ['argon2', 'bcrypt', 'ldap', 'pbkdf2']
const digests: readonly string[] = ['md5', 'sha1', 'sha256', 'sha512']

/** Reads `custom_password_hash` of a bulk import. @throws UnreadableRecordError when its form or algorithm is not known */
export function readCustomHash(custom: Json): PasswordText {
  const algorithm = requiredText(custom, 'algorithm')
  const hash = objectOf(custom, 'hash') ?? {}
  const password = objectOf(custom, 'password')
  if (password !== undefined && (textOf(password, 'encoding') ?? 'utf8') !== 'utf8') {
    throw new UnreadableRecordError('The password was hashed in another encoding than UTF-8.')
  }
  if (selfDescribing.includes(algorithm)) return selfDescribingHash(requiredText(hash, 'value'))
  const salt = objectOf(custom, 'salt')
  const key = decode(hash, 'base64')
  if (digests.includes(algorithm)) {
    const place = salt !== undefined && textOf(salt, 'position') === 'suffix' ? 'suffix' : 'prefix'
    return digestText(algorithm, { salt: salt === undefined ? Buffer.alloc(0) : decode(salt, 'utf8'), place, rounds: 1, key })
  }
  if (algorithm === 'hmac') {
    const digest = requiredText(hash, 'digest')
    if (!digests.includes(digest)) throw unknownAlgorithm()
    return hmacText(digest, decode(objectOf(hash, 'key') ?? {}, 'utf8'), key)
  }
  if (algorithm === 'scrypt' && salt !== undefined) return scryptText(custom, decode(salt, 'utf8'), key)
  throw unknownAlgorithm()
}

function scryptText(custom: Json, salt: Buffer, key: Buffer): PasswordText {
  const [cost = 16_384, blockSize = 8, lanes = 1] = ['cost', 'blockSize', 'parallelization'].map((name) => countOf(custom, name))
  const hash = `$scrypt$ln=${cost},r=${blockSize},p=${lanes}$${salt.toString('base64')}$${key.toString('base64')}`
  return { algorithm: 'SCRYPT', hash }
}

/** The bytes of `value`, in the encoding that the object names. */
function decode(object: Json, defaultEncoding: 'base64' | 'utf8'): Buffer {
  const encoding = textOf(object, 'encoding') ?? defaultEncoding
  const value = requiredText(object, 'value')
  if (encoding === 'base64' || encoding === 'hex' || encoding === 'utf8') return Buffer.from(value, encoding)
  throw new UnreadableRecordError('The encoding of the password hash is not known here.')
}
