import { type ContactAttribute, type MfaMethod, nameKey, type Pool } from '../pools/pool.ts'
import { identitiesOf, identityAlias } from './linked-identities/linked-identity.ts'

export type UserStatus = 'UNCONFIRMED' | 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD' | 'RESET_REQUIRED' | 'EXTERNAL_PROVIDER'

/** Attribute name to value, always text, as on the wire; `sub` is not among them. */
export type Attributes = Readonly<Record<string, string>>

export type User = {
  readonly poolId: string
  readonly sub: string
  /** As it was chosen, or equal to `sub` in pools whose users are named by e-mail or phone number. */
  readonly username: string
  readonly status: UserStatus
  readonly enabled: boolean
  readonly attributes: Attributes
  /** Sealed salt and SRP verifier; null for a user without a password. */
  readonly password: string | null
  /** When a temporary password dies; null for a permanent one. */
  readonly passwordExpiresAt: number | null
  /** The last sign-out everywhere, later than the one before it: sessions that began in sight of another are over. */
  readonly signedOutAt: number | null
  readonly createdAt: number
  readonly updatedAt: number
  /** Null before anything was set. */
  readonly mfa: MfaPreferences | null
}

/** The second factors that a user, or an administrator for them, has activated. */
export type MfaPreferences = {
  readonly enabled: readonly MfaMethod[]
  /** One of `enabled`. */
  readonly preferred: MfaMethod | null
  /** Whether SMS was activated by the older SetUserSettings, which is shown as MFAOptions. */
  readonly byOptions: boolean
  /** Whether the user has activated their passkeys for MFA: then they are good for a sign-in only when they verify the user. */
  readonly passkey?: boolean
}

/** What `signedOutAt` is after a sign-out now: never the value it had, even in the same millisecond or by a clock that is behind. */
export function nextSignOut(user: Pick<User, 'signedOutAt'>, now: number): number {
  return Math.max(now, (user.signedOutAt ?? 0) + 1)
}

export type AliasKind = 'username' | ContactAttribute | 'preferred_username' | 'identity'
export type Alias = { readonly kind: AliasKind; readonly key: string }

export const isContactAttribute = (name: string): name is ContactAttribute => name === 'email' || name === 'phone_number'

export function isVerified(attributes: Attributes, contact: ContactAttribute): boolean {
  return attributes[`${contact}_verified`] === 'true'
}

/**
 * The names under which the user can be found, and the identities at other providers that are linked to them. In a pool with username attributes an address counts whether verified
 * or not; as an alias it counts once verified; a preferred username counts as soon as it is set.
 */
export function aliasesOf(pool: Pool, user: Pick<User, 'sub' | 'username' | 'attributes'>): Alias[] {
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

/**
 * `changes` laid over `attributes`; an empty value removes, as in Cognito. Removing an address removes its flag;
 * an address that changes is no longer verified unless the same changes say so.
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
