import type { Secrets } from '../../base/secrets.ts'
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
