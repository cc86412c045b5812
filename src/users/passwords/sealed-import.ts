import type { Secrets } from '../../base/secrets.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { User } from '../user.ts'
import { atFormerPool } from './at-former-pool.ts'
import type { HashAlgorithm } from './imported-hash.ts'

type HashOwner = Pick<User, 'poolId' | 'sub'>

/** A password hash of another system, as the import file contains it. */
export type HashText = { readonly algorithm: HashAlgorithm; readonly hash: string }

/** Marks a sealed value as an imported hash. Other sealed values are base64url, which has no colon. */
const prefix = 'imported:'

/** The value for the user's row, in place of a sealed verifier. */
export function sealImportedHash(secrets: Secrets, owner: HashOwner, { algorithm, hash }: HashText): string {
  return prefix + secrets.seal('password', `${algorithm}:${hash}`, sealContext(owner))
}

export function isImported(sealed: string): boolean {
  return sealed.startsWith(prefix)
}

/** @throws Error when the value was altered, belongs to another user, or was sealed under another master key */
export function openImportedHash(secrets: Secrets, owner: HashOwner, sealed: string): HashText {
  const text = secrets.open('password', sealed.slice(prefix.length), sealContext(owner))?.toString()
  if (text === undefined) throw new Error(`The imported password hash of user ${owner.sub} cannot be opened.`)
  const end = text.indexOf(':')
  return { algorithm: text.slice(0, end) as HashAlgorithm, hash: text.slice(end + 1) }
}

function sealContext({ poolId, sub }: HashOwner): string {
  return `${prefix}${poolId}/${sub}`
}

/** Seals a verifier or an imported hash anew, under the current master key. */
function resealPassword(secrets: Secrets, sealed: string, owner: HashOwner): string {
  if (sealed === atFormerPool) return sealed
  if (isImported(sealed)) return prefix + secrets.reseal('password', sealed.slice(prefix.length), sealContext(owner))
  return secrets.reseal('password', sealed, `${owner.poolId}/${owner.sub}`)
}

type PasswordRow = { readonly pool_id: string; readonly sub: string }
const passwordColumn = (secrets: Secrets, sealed: string, { pool_id: poolId, sub }: PasswordRow) =>
  resealPassword(secrets, sealed, { poolId, sub })

export const sealedPasswords = [
  sealedTable('user', { key: ['pool_id', 'sub'], columns: { password: passwordColumn } }),
  sealedTable('password_history', { key: ['pool_id', 'sub', 'set_at'], columns: { password: passwordColumn } }),
]
