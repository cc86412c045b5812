import type { Secrets } from '../../base/secrets.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { User } from '../user.ts'
import type { HashAlgorithm } from './imported-hash.ts'

type Owner = Pick<User, 'poolId' | 'sub'>

/** What another system made of a password, and how. */
export type HashAsWritten = { readonly algorithm: HashAlgorithm; readonly hash: string }

/** Before what is sealed. A seal is base64url and has no colon, so that nothing else begins with it. */
const mark = 'imported:'

/** As it lies in the user's row, in the place of a verifier. */
export function sealImportedHash(secrets: Secrets, owner: Owner, { algorithm, hash }: HashAsWritten): string {
  return mark + secrets.seal('password', `${algorithm}:${hash}`, contextOf(owner))
}

export function isImported(sealed: string): boolean {
  return sealed.startsWith(mark)
}

/** Throws when it does not open: altered, another user's, or sealed under another master key. */
export function openImportedHash(secrets: Secrets, owner: Owner, sealed: string): HashAsWritten {
  const text = secrets.open('password', sealed.slice(mark.length), contextOf(owner))?.toString()
  if (text === undefined) throw new Error(`The imported password hash of user ${owner.sub} cannot be opened.`)
  const end = text.indexOf(':')
  return { algorithm: text.slice(0, end) as HashAlgorithm, hash: text.slice(end + 1) }
}

function contextOf({ poolId, sub }: Owner): string {
  return `${mark}${poolId}/${sub}`
}

/** A stored password under the key of `Secrets.seal`, whatever it was made of. */
function resealPassword(secrets: Secrets, sealed: string, owner: Owner): string {
  if (isImported(sealed)) return mark + secrets.reseal('password', sealed.slice(mark.length), contextOf(owner))
  return secrets.reseal('password', sealed, `${owner.poolId}/${owner.sub}`)
}

type PasswordRow = { readonly pool_id: string; readonly sub: string }
const passwordColumn = (secrets: Secrets, sealed: string, { pool_id: poolId, sub }: PasswordRow) =>
  resealPassword(secrets, sealed, { poolId, sub })

export const sealedPasswords = [
  sealedTable('user', { key: ['pool_id', 'sub'], columns: { password: passwordColumn } }),
  sealedTable('password_history', { key: ['pool_id', 'sub', 'set_at'], columns: { password: passwordColumn } }),
]
