import { offeredMfa } from '../../pools/mfa/offered-mfa.ts'
import { type ContactAttribute, type MfaMethod, mfaMethods, type Pool } from '../../pools/pool.ts'
import { passkeyCountsAsMfa } from '../passkeys/passkey.ts'
import { isVerified, type User } from '../user.ts'

type Address = 'none' | 'unverified' | 'verified'

/** What answers to strangers can show of a user, without anything of whom it is. */
export type Kind = {
  readonly email: Address
  readonly phoneNumber: Address
  readonly hasPassword: boolean
  /** Whether the password is a temporary one. */
  readonly isTemporary: boolean
  readonly hasSoftwareToken: boolean
  /** The second factors that the user has activated. */
  readonly mfa: readonly MfaMethod[]
  readonly usesPasskeyForMfa: boolean
  readonly passkeys: number
}

/** What a user has besides their row. */
export type Belongings = { readonly hasSoftwareToken: boolean; readonly passkeys: number }

/** More passkeys are not told apart. */
const mostPasskeys = 3

export function kindOf({ attributes, password, status, mfa }: User, { hasSoftwareToken, passkeys }: Belongings): Kind {
  const address = (contact: ContactAttribute): Address => {
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
    passkeys: Math.min(passkeys, mostPasskeys),
  }
}

/** The same text for the same kind. */
export function writeKind(kind: Kind): string {
  const { email, phoneNumber, hasPassword, isTemporary, hasSoftwareToken, mfa, usesPasskeyForMfa, passkeys } = kind
  return JSON.stringify([email, phoneNumber, hasPassword, isTemporary, hasSoftwareToken, mfa, usesPasskeyForMfa, passkeys])
}

export function readKind(text: string): Kind {
  const [email, phoneNumber, hasPassword, isTemporary, hasSoftwareToken, mfa, usesPasskeyForMfa, passkeys] = JSON.parse(text)
  return { email, phoneNumber, hasPassword, isTemporary, hasSoftwareToken, mfa, usesPasskeyForMfa, passkeys }
}

/**
 * A kind of user that could be in any pool of this configuration. The usual is likely and the unusual possible, so that a user cannot be known
 * by having something rare. `bytes` are drawn by lot.
 */
export function drawUsualKind(pool: Pool, bytes: Buffer): Kind {
  const lot = (at: number, inSixteen: number): boolean => (bytes[at] ?? 0) < inSixteen * 16
  const allowed = pool.allowedFirstFactors
  const address = (contact: ContactAttribute, at: number): Address => {
    const isRequired = pool.schema.some(({ name, required }) => name === contact && required)
    const [owners, proven] = pool.autoVerifiedAttributes.includes(contact) ? [12, 14] : [6, 4]
    if (!isRequired && !lot(at, owners)) return 'none'
    return lot(at + 1, proven) ? 'verified' : 'unverified'
  }
  const email = address('email', 0)
  const phoneNumber = address('phone_number', 2)
  const canGetCode = (allowed.includes('EMAIL_OTP') && email !== 'none') || (allowed.includes('SMS_OTP') && phoneNumber !== 'none')
  const offered = pool.mfa === 'OFF' ? [] : offeredMfa(pool)
  const isTemporary = lot(5, 1)
  const hasPasskey = allowed.includes('WEB_AUTHN') && !isTemporary && lot(8, 5)
  // A user who cannot get codes has a password, as a rule.
  const canDoWithout = canGetCode || (hasPasskey && lot(11, 8))
  return {
    email,
    phoneNumber,
    hasPassword: isTemporary || lot(4, 12) || !canDoWithout,
    isTemporary,
    hasSoftwareToken: offered.includes('SOFTWARE_TOKEN_MFA') && lot(6, 8),
    mfa: offered.filter((_method, index) => (((bytes[7] ?? 0) >> (2 * index)) & 3) === 0),
    usesPasskeyForMfa: passkeyCountsAsMfa(pool) && lot(10, 2),
    passkeys: hasPasskey ? 1 + Number(lot(9, 3)) : 0,
  }
}
