import { isDeepStrictEqual } from 'node:util'
import { isEmailAddress, isPhoneNumber } from '../pools/attribute-formats.ts'
import { federationOf } from '../pools/extensions/pool-extensions.ts'
import { type ContactAttribute, type MfaMethod, nameKey, type Pool } from '../pools/pool.ts'
import { identitiesOf, identityAlias } from './linked-identities/linked-identity.ts'

export type UserStatus = 'UNCONFIRMED' | 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD' | 'RESET_REQUIRED' | 'EXTERNAL_PROVIDER'

/** Attribute names and values. All values are text, as in the API. `sub` is not among them. */
export type Attributes = Readonly<Record<string, string>>

export type User = {
  readonly poolId: string
  readonly sub: string
  /** The chosen name; the `sub` in a pool with username attributes. */
  readonly username: string
  readonly status: UserStatus
  readonly enabled: boolean
  readonly attributes: Attributes
  /** Sealed: salt and SRP verifier, or an imported password hash. Null for a user without a password. */
  readonly password: string | null
  /** When a temporary password expires; null for a permanent one. */
  readonly passwordExpiresAt: number | null
  /**
   * When the user was last signed out everywhere; always later than the time before. Sessions that began under another value have ended.
   */
  readonly signedOutAt: number | null
  readonly createdAt: number
  readonly updatedAt: number
  /** Null until MFA preferences were set for this user for the first time. */
  readonly mfa: MfaPreferences | null
}

/** The second factors that the user or an administrator has activated. */
export type MfaPreferences = {
  readonly enabled: readonly MfaMethod[]
  /** The method that a sign-in asks for without offering a selection: one of `enabled`. Null when no method is preferred. */
  readonly preferred: MfaMethod | null
  /** Whether the older SetUserSettings activated SMS. Answers show it as MFAOptions. */
  readonly byOptions: boolean
  /** Whether the user's passkeys are activated for MFA. Then a sign-in with one requires user verification (by biometrics or PIN). */
  readonly passkey?: boolean
}

/** The value of `signedOutAt` after a sign-out now. It always increases, even within a millisecond or with a clock that is behind. */
export function nextSignOut(user: Pick<User, 'signedOutAt'>, now: number): number {
  return Math.max(now, (user.signedOutAt ?? 0) + 1)
}

/** `merged`: the username or `sub` of a user who was merged into this one. No attribute of the user has it. */
export type AliasKind = 'username' | ContactAttribute | 'preferred_username' | 'identity' | 'merged'
/**
 * The kinds of names that find a user. If several users have a name of this spelling, the user whose kind of name stands first is found. A
 * preferred username, which is never verified, comes after those. The name of a user who was merged into another one comes last.
 */
export const aliasKinds = ['username', 'email', 'phone_number', 'preferred_username', 'merged'] as const satisfies readonly AliasKind[]

export type Alias = { readonly kind: AliasKind; readonly key: string }

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether the name could be the `sub` of a user. */
export const isSubShaped = (name: string): boolean => uuidShape.test(name)

export const isContactAttribute = (name: string): name is ContactAttribute => name === 'email' || name === 'phone_number'

export function isVerified(attributes: Attributes, contact: ContactAttribute): boolean {
  return attributes[`${contact}_verified`] === 'true'
}

/**
 * All names, other than the `sub`, that the user can be found by, and the linked identities. An address counts in a pool with that username
 * attribute, verified or not, and in a pool with that alias attribute once it is verified. A preferred username counts as soon as it is
 * set. Names of merged users are not among them: they stay whatever changes. Users who came from an identity provider are another matter.
 */
export function aliasesOf(pool: Pool, user: AliasOwner): Alias[] {
  if (isExternal(user)) return aliasesOfExternal(pool, user)
  const aliases: Alias[] = []
  if (user.username !== user.sub) aliases.push({ kind: 'username', key: nameKey(pool, user.username) })
  const addAttribute = (kind: ContactAttribute | 'preferred_username') => {
    const value = user.attributes[kind]
    if (value) aliases.push({ kind, key: nameKey(pool, value) })
  }
  for (const kind of pool.usernameAttributes) addAttribute(kind)
  for (const kind of pool.aliasAttributes) {
    if (kind === 'preferred_username' || isVerified(user.attributes, kind)) addAttribute(kind)
  }
  for (const identity of identitiesOf(user.attributes)) aliases.push(identityAlias(identity))
  return aliases
}

/** Whether the names of a user can differ after a change, whatever the pool says. */
export const mayChangeNames = (before: AliasOwner, after: AliasOwner): boolean =>
  before.username !== after.username || isExternal(before) !== isExternal(after) || !isDeepStrictEqual(before.attributes, after.attributes)

/**
 * Users who came from an identity provider never sign in with a name, and their address may be that of another user who does. Only where the
 * pool links identities by the address does a verified address belong to one user.
 */
function aliasesOfExternal(pool: Pool, { username, attributes }: AliasOwner): Alias[] {
  const isName = pool.usernameAttributes.includes('email') || pool.aliasAttributes.includes('email')
  const isTaken = isName && federationOf(pool).linking !== 'SEPARATE' && isVerified(attributes, 'email')
  const email: Alias[] = isTaken ? [{ kind: 'email', key: nameKey(pool, attributes['email'] ?? '') }] : []
  return [{ kind: 'username', key: nameKey(pool, username) }, ...email, ...identitiesOf(attributes).map(identityAlias)]
}

/**
 * Whether the username or `preferred_username` has the form of an address that is a name in the pool, but is not the user's own address. The
 * owner of that address could not sign in with it.
 */
export function hasForeignAddress(pool: Pool, user: AliasOwner): boolean {
  if (isExternal(user)) return false
  const { sub, username, attributes } = user
  const preferred = pool.aliasAttributes.includes('preferred_username') ? attributes['preferred_username'] : undefined
  const isForeign = (name: string) => {
    const kind = isEmailAddress(name) ? 'email' : isPhoneNumber(name) ? 'phone_number' : undefined
    if (kind === undefined || !(pool.usernameAttributes.includes(kind) || pool.aliasAttributes.includes(kind))) return false
    return nameKey(pool, attributes[kind] ?? '') !== nameKey(pool, name)
  }
  return (username !== sub && isForeign(username)) || (preferred !== undefined && isForeign(preferred))
}

/** What decides which names find a user. The status is undefined for a user who is not stored yet. */
export type AliasOwner = Pick<User, 'sub' | 'username' | 'attributes'> & { readonly status?: UserStatus | undefined }

/** Whether an identity provider created the user, and the user has no password of the pool. */
const isExternal = ({ status, attributes }: Pick<AliasOwner, 'status' | 'attributes'>): boolean =>
  status === 'EXTERNAL_PROVIDER' && identitiesOf(attributes).some(({ primary }) => primary)

/**
 * Applies `changes` to `attributes`. An empty value removes the attribute, as in Cognito. With an address it also removes the address's
 * flag (such as `email_verified`). A changed address becomes unverified unless the changes say that it is verified.
 */
export function changeAttributes(attributes: Attributes, changes: Attributes): Attributes {
  const result: Record<string, string> = { ...attributes }
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') delete result[name]
    else result[name] = value
    if (!isContactAttribute(name)) continue
    if (value === '') delete result[`${name}_verified`]
    else if (value !== attributes[name] && changes[`${name}_verified`] === undefined) result[`${name}_verified`] = 'false'
  }
  return result
}
