import { baseOf, digestOf, fieldsOf } from '../../users/former-pool/former-user.ts'
import { atFormerPool } from '../../users/passwords/at-former-pool.ts'
import type { User } from '../../users/user.ts'

export type Merged = {
  readonly user: User
  /** What has changed on both sides, by name. The value of this server stays. */
  readonly conflicts: readonly string[]
}

/**
 * Brings what has changed there since the last copy to the user here. What has changed here only stays. What has changed on both sides stays
 * as it is here: only somebody who uses this server already can have changed it, so it is the more recent will of the user. Passwords,
 * factors and a status that belongs to a password of this server are never touched. Neither are addresses and linked identities of a user who
 * has a password here: who knows the old password can still change them there, and would take the account over by them.
 *
 * @param base the digests of what the last copy took
 */
export function mergeUser(here: User, there: User, base: Readonly<Record<string, string>>): Merged {
  const [ours, theirs, digests] = [fieldsOf(here), fieldsOf(there), baseOf(there)]
  const conflicts: string[] = []
  const taken: string[] = []
  for (const name of new Set([...theirs.keys(), ...Object.keys(base)])) {
    if (digests[name] === base[name]) continue
    const own = ours.get(name)
    const ownDigest = own === undefined ? undefined : digestOf(own)
    if (ownDigest === digests[name]) continue
    if (ownDigest === base[name] && isTakeable(name, here)) taken.push(name)
    else conflicts.push(name)
  }
  return { user: apply(here, there, taken), conflicts }
}

/** Whether the password is still where the former pool decides about it. */
const hasNoPasswordHere = ({ password }: User): boolean => password === null || password === atFormerPool

/** What decides who gets into an account, by the names of `fieldsOf`. */
const guarded: readonly string[] = ['status', 'mfa', 'email', 'phone_number', 'attribute:identities']

const isTakeable = (name: string, here: User): boolean => !guarded.includes(name) || hasNoPasswordHere(here)

function apply(here: User, there: User, taken: readonly string[]): User {
  const attributes: Record<string, string | undefined> = { ...here.attributes }
  for (const name of taken) {
    const attribute = name.replace(/^attribute:/, '')
    if (attribute === 'enabled' || attribute === 'status' || attribute === 'mfa') continue
    attributes[attribute] = there.attributes[attribute]
    if (attribute === name) attributes[`${attribute}_verified`] = there.attributes[`${attribute}_verified`]
  }
  const present = Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const isStatusTaken = taken.includes('status')
  return {
    ...here,
    attributes: Object.fromEntries(present),
    enabled: taken.includes('enabled') ? there.enabled : here.enabled,
    status: isStatusTaken ? there.status : here.status,
    mfa: taken.includes('mfa') ? there.mfa : here.mfa,
    password: isStatusTaken && hasNoPasswordHere(here) ? there.password : here.password,
    updatedAt: Math.max(here.updatedAt, there.updatedAt),
  }
}
