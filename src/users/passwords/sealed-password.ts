import type { Secrets } from '../../base/secrets.ts'
import { srpNameOf } from '../../pools/pool.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { User } from '../user.ts'
import { readOwnArgon2 } from './argon2-hash.ts'
import { atFormerPool } from './at-former-pool.ts'
import type { ImportAlgorithm } from './imported-hash.ts'
import { readSrpVerifier } from './read-other-hash.ts'
import { joinVerifierName, splitVerifierName, withoutOwnName } from './verifier-name.ts'

/**
 * The user who has the password. A verifier depends on pool and username: the user's present one, or the one that follows the sealed text.
 * Sealed, it can be opened only for the same pool and `sub`.
 */
export type PasswordOwner = Pick<User, 'poolId' | 'sub' | 'username'>

type RowOwner = Pick<User, 'poolId' | 'sub'>

/** What SRP keeps of a password: the salt and g^x mod N of SRP-6a. Sign-ins with SRP and with the plain password both use it. */
export type PasswordVerifier = { readonly salt: Buffer; readonly verifier: Buffer }

/** A password hash in one of the text forms of `importAlgorithms`. */
export type HashText = { readonly algorithm: ImportAlgorithm; readonly hash: string }

/** What is stored of a password. `argon2` is a PHC string that we computed. */
export type StoredPassword =
  | { readonly kind: 'SRP'; readonly verifier: PasswordVerifier }
  | { readonly kind: 'ARGON2ID'; readonly argon2: string }
  | { readonly kind: 'BOTH'; readonly verifier: PasswordVerifier; readonly argon2: string }
  | { readonly kind: 'IMPORTED'; readonly imported: HashText }

const saltBytes = 16
const verifierBytes = 384

/** How the value in a row begins. A verifier alone has no prefix: base64url has no colon. */
const prefixes: Readonly<Record<StoredPassword['kind'], string>> = { SRP: '', ARGON2ID: 'argon2id:', BOTH: 'both:', IMPORTED: 'imported:' }

/** The form of a value in the database, without opening it. */
export function kindOf(sealed: string): StoredPassword['kind'] {
  const marked = (['ARGON2ID', 'BOTH', 'IMPORTED'] as const).find((kind) => sealed.startsWith(prefixes[kind]))
  return marked ?? 'SRP'
}

const hasVerifier = (kind: StoredPassword['kind']): boolean => kind === 'SRP' || kind === 'BOTH'

/** The value for the user's row. The owner's username is the one that the verifier was made with, if there is a verifier. */
export function sealPassword(secrets: Secrets, owner: PasswordOwner, stored: StoredPassword): string {
  const sealed = prefixes[stored.kind] + secrets.seal('password', plainOf(stored), sealContext(owner, stored.kind))
  return hasVerifier(stored.kind) ? joinVerifierName(sealed, owner.username) : sealed
}

/** The same password once the username is no longer `username`. The seal mark stays. */
export function keepVerifierName(stored: string, username: string): string {
  if (stored === atFormerPool || !hasVerifier(kindOf(stored)) || splitVerifierName(stored).name !== undefined) return stored
  return joinVerifierName(stored, username)
}

/**
 * The value for the user's row of a password that is imported. A verifier for this pool and username, and an Argon2id hash of the cost that
 * we use, are stored as if we had made them.
 */
export function sealImportedHash(secrets: Secrets, owner: PasswordOwner, imported: HashText): string {
  const own = ownForm(owner, imported)
  if (own === undefined) return sealPassword(secrets, owner, { kind: 'IMPORTED', imported })
  const sealed = sealPassword(secrets, { ...owner, username: own.username }, own.stored)
  return withoutOwnName(sealed, owner.username)
}

/**
 * Undefined for a user whose password is still at the former pool.
 * @throws Error when the value was altered, belongs to another user, or was sealed under another master key
 */
export function openPassword(secrets: Secrets, owner: RowOwner, value: string): StoredPassword | undefined {
  if (value === atFormerPool) return undefined
  const { sealed } = splitVerifierName(value)
  const kind = kindOf(sealed)
  const plain = secrets.open('password', sealed.slice(prefixes[kind].length), sealContext(owner, kind))
  if (plain === undefined) throw cannotOpen(owner)
  switch (kind) {
    case 'SRP':
      if (plain.length !== saltBytes + verifierBytes) throw cannotOpen(owner)
      return { kind, verifier: splitVerifier(plain) }
    case 'ARGON2ID':
      return { kind, argon2: plain.toString() }
    case 'BOTH':
      return { kind, verifier: splitVerifier(plain), argon2: plain.subarray(saltBytes + verifierBytes).toString() }
    case 'IMPORTED': {
      const text = plain.toString()
      const end = text.indexOf(':')
      return { kind, imported: { algorithm: text.slice(0, end) as ImportAlgorithm, hash: text.slice(end + 1) } }
    }
  }
}

/**
 * A stored password in one of the text forms that the import takes (see `importAlgorithms`): the Argon2id hash if there is one, otherwise
 * the verifier as `SRP`, or an imported hash as it was imported. The text is as secret as the stored password.
 *
 * @throws Error when the value was altered, belongs to another user, or was sealed under another master key
 */
export function exportableHash(secrets: Secrets, owner: PasswordOwner, sealed: string): HashText {
  const stored = openPassword(secrets, owner, sealed)
  if (stored === undefined) throw new Error(`The password of user ${owner.sub} is still at the former pool.`)
  switch (stored.kind) {
    case 'IMPORTED':
      return stored.imported
    case 'SRP':
      return { algorithm: 'SRP', hash: srpText(owner, splitVerifierName(sealed).name ?? owner.username, stored.verifier) }
    default:
      return { algorithm: 'ARGON2ID', hash: stored.argon2 }
  }
}

function plainOf(stored: StoredPassword): string | Buffer {
  switch (stored.kind) {
    case 'SRP':
      return Buffer.concat([stored.verifier.salt, stored.verifier.verifier])
    case 'ARGON2ID':
      return stored.argon2
    case 'BOTH':
      return Buffer.concat([stored.verifier.salt, stored.verifier.verifier, Buffer.from(stored.argon2)])
    case 'IMPORTED':
      return `${stored.imported.algorithm}:${stored.imported.hash}`
  }
}

function splitVerifier(plain: Buffer): PasswordVerifier {
  return { salt: plain.subarray(0, saltBytes), verifier: plain.subarray(saltBytes, saltBytes + verifierBytes) }
}

/** A verifier for another username of this pool is one that we made before the user changed the username. */
function ownForm(
  owner: PasswordOwner,
  { algorithm, hash }: HashText,
): { readonly stored: StoredPassword; readonly username: string } | undefined {
  if (algorithm === 'ARGON2ID' && readOwnArgon2(hash) !== undefined) {
    return { stored: { kind: 'ARGON2ID', argon2: hash }, username: owner.username }
  }
  const read = algorithm === 'SRP' ? readSrpVerifier(hash) : undefined
  const isOwn = read?.group === srpNameOf(owner.poolId) && read.salt.length === saltBytes
  return isOwn ? { stored: { kind: 'SRP', verifier: { salt: read.salt, verifier: read.verifier } }, username: read.username } : undefined
}

function srpText({ poolId }: RowOwner, name: string, { salt, verifier }: PasswordVerifier): string {
  const fields = [Buffer.from(name), salt, verifier].map((bytes) => bytes.toString('base64'))
  return ['', 'srp', srpNameOf(poolId), ...fields].join('$')
}

/** A value that is copied into the row of another user, or gets another prefix, does not open there. */
function sealContext({ poolId, sub }: RowOwner, kind: StoredPassword['kind']): string {
  return `${prefixes[kind]}${poolId}/${sub}`
}

function cannotOpen({ sub }: RowOwner): Error {
  return new Error(`The stored password of user ${sub} cannot be opened.`)
}

/** Seals a stored password anew, under the current master key. */
function resealPassword(secrets: Secrets, value: string, owner: RowOwner): string {
  if (value === atFormerPool) return value
  const { sealed, name } = splitVerifierName(value)
  const kind = kindOf(sealed)
  const resealed = prefixes[kind] + secrets.reseal('password', sealed.slice(prefixes[kind].length), sealContext(owner, kind))
  return name === undefined ? resealed : joinVerifierName(resealed, name)
}

type PasswordRow = { readonly pool_id: string; readonly sub: string }
const passwordColumn = (secrets: Secrets, sealed: string, { pool_id: poolId, sub }: PasswordRow) =>
  resealPassword(secrets, sealed, { poolId, sub })

export const sealedPasswords = [
  sealedTable('user', { key: ['pool_id', 'sub'], columns: { password: passwordColumn } }),
  sealedTable('password_history', { key: ['pool_id', 'sub', 'set_at'], columns: { password: passwordColumn } }),
]
