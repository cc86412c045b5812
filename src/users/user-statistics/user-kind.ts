import { mfaMethodsOf } from '../../pools/mfa/mfa-methods.ts'
import { type ContactAttribute, type MfaMethod, mfaMethods, type Pool } from '../../pools/pool.ts'
import { passkeyCountsAsMfa } from '../passkeys/passkey.ts'
import { isVerified, type User } from '../user.ts'

type AddressState = 'none' | 'unverified' | 'verified'

/** What an unauthenticated caller can learn about a user from answers, without any personal data. */
export type UserKind = {
  readonly email: AddressState
  readonly phoneNumber: AddressState
  readonly hasPassword: boolean
  /** Whether the password is temporary. */
  readonly isTemporary: boolean
  readonly hasSoftwareToken: boolean
  /** The second factors that the user has activated. */
  readonly mfa: readonly MfaMethod[]
  readonly usesPasskeyForMfa: boolean
  readonly passkeys: number
}

/** The factors that are not stored in the user's own row but in tables of their own. */
export type RegisteredFactors = { readonly hasSoftwareToken: boolean; readonly passkeys: number }

/** The largest number of passkeys in a user kind. Users with more passkeys count as users with this many. */
const maximumPasskeys = 3

export function kindOf({ attributes, password, status, mfa }: User, { hasSoftwareToken, passkeys }: RegisteredFactors): UserKind {
  const address = (contact: ContactAttribute): AddressState => {
    if (!attributes[contact]) return 'none'
    return isVerified(attributes, contact) ? 'verified' : 'unverified'
  }
  return {
    email: address('email'),
    phoneNumber: address('phone_number'),
    hasPassword: password !== null,
    isTemporary: status === 'FORCE_CHANGE_PASSWORD',
    hasSoftwareToken,
    mfa: mfaMethods.filter((method) => mfa?.enabled.includes(method)),
    usesPasskeyForMfa: mfa?.passkey === true,
    passkeys: Math.min(passkeys, maximumPasskeys),
  }
}

/** Equal kinds have equal texts. The text is stored, in the keys of `UserStatistics.kinds`. */
export function serializeUserKind(kind: UserKind): string {
  const { email, phoneNumber, hasPassword, isTemporary, hasSoftwareToken, mfa, usesPasskeyForMfa, passkeys } = kind
  return JSON.stringify([email, phoneNumber, hasPassword, isTemporary, hasSoftwareToken, mfa, usesPasskeyForMfa, passkeys])
}

export function parseUserKind(text: string): UserKind {
  const [email, phoneNumber, hasPassword, isTemporary, hasSoftwareToken, mfa, usesPasskeyForMfa, passkeys] = JSON.parse(text)
  return { email, phoneNumber, hasPassword, isTemporary, hasSoftwareToken, mfa, usesPasskeyForMfa, passkeys }
}

/**
 * A kind of user that could be in any pool with this configuration. Common properties are likely and rare ones possible, so that a rare
 * property does not prove that a user exists. `bytes` are pseudorandom.
 */
export function drawTypicalKind(pool: Pool, bytes: Buffer): UserKind {
  const chance = (at: number, inSixteen: number): boolean => (bytes[at] ?? 0) < inSixteen * 16
  const allowed = pool.allowedFirstFactors
  const address = (contact: ContactAttribute, at: number): AddressState => {
    const isRequired = pool.schema.some(({ name, required }) => name === contact && required)
    const [present, verified] = pool.autoVerifiedAttributes.includes(contact) ? [12, 14] : [6, 4]
    if (!isRequired && !chance(at, present)) return 'none'
    return chance(at + 1, verified) ? 'verified' : 'unverified'
  }
  const email = address('email', 0)
  const phoneNumber = address('phone_number', 2)
  const canGetCode = (allowed.includes('EMAIL_OTP') && email !== 'none') || (allowed.includes('SMS_OTP') && phoneNumber !== 'none')
  const offered = pool.mfa === 'OFF' ? [] : mfaMethodsOf(pool)
  const isTemporary = chance(5, 1)
  const hasPasskey = allowed.includes('WEB_AUTHN') && !isTemporary && chance(8, 5)
  // Users who can get codes may have no password; so may half of the users with a passkey.
  const canLackPassword = canGetCode || (hasPasskey && chance(11, 8))
  return {
    email,
    phoneNumber,
    hasPassword: isTemporary || chance(4, 12) || !canLackPassword,
    isTemporary,
    hasSoftwareToken: offered.includes('SOFTWARE_TOKEN_MFA') && chance(6, 8),
    mfa: offered.filter((_method, index) => (((bytes[7] ?? 0) >> (2 * index)) & 3) === 0),
    usesPasskeyForMfa: passkeyCountsAsMfa(pool) && chance(10, 2),
    passkeys: hasPasskey ? 1 + Number(chance(9, 3)) : 0,
  }
}
