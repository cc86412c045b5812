import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { ContactAttribute, Pool, RecoveryMechanism } from '../pools/pool.ts'
import type { Channel } from './message.ts'
import type { ExceededLimit } from './message-limits.ts'

/** An address of a user, not masked. */
export type Contact = { readonly attribute: ContactAttribute; readonly value: string }

/** Where a message goes, as far as the caller may know. */
export type Delivery = {
  readonly attribute: ContactAttribute
  readonly medium: 'EMAIL' | 'SMS'
  /** The masked address. */
  readonly destination: string
  /**
   * The message that was queued, or that was held back because of a limit. Undefined when no message is to be sent, or when a custom sender
   * sends the message. Do not show this member to the caller.
   */
  readonly message?: { readonly id: string; readonly exceededLimit: ExceededLimit | undefined } | undefined
}

type Attributes = Readonly<Record<string, string>>

export const channelOf = (attribute: ContactAttribute): Channel => (attribute === 'email' ? 'email' : 'sms')

/** What the caller is told about a message to this address: attribute, medium and masked address (`CodeDeliveryDetails`). */
export function deliveryTo({ attribute, value }: Contact): Delivery {
  return attribute === 'email'
    ? { attribute, medium: 'EMAIL', destination: maskEmail(value) }
    : { attribute, medium: 'SMS', destination: maskPhoneNumber(value) }
}

/** `CodeDeliveryDetails` in the answers of operations that send a code. */
export function writeDelivery({ attribute, medium, destination }: Delivery): {
  AttributeName: 'email' | 'phone_number'
  DeliveryMedium: 'EMAIL' | 'SMS'
  Destination: string
} {
  return { AttributeName: attribute, DeliveryMedium: medium, Destination: destination }
}

/** `ana@example.test` becomes `a***@e***`, whatever its length. Since 2022, Cognito leaves out the top-level domain. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  const [first = '*'] = address.slice(0, Math.max(at, 0))
  const [firstOfDomain = '*'] = address.slice(at + 1)
  return `${first}***@${firstOfDomain}***`
}

/** `+15551234444` becomes `+*******4444`: a star for each digit except the last four. */
export function maskPhoneNumber(phoneNumber: string): string {
  const digits = phoneNumber.replace(/\D/g, '')
  const shown = Math.max(digits.length - 4, 0)
  return `+${'*'.repeat(shown)}${digits.slice(shown)}`
}

/**
 * The address for the code of a new user: an auto-verified attribute that the user gave. If there are two, it is the phone number. In a pool
 * that verifies all addresses, it is the one that is still missing. Undefined when the user has no such address; then no code is sent.
 */
export function chooseSignUpContact(pool: SignUpPool, attributes: Attributes): Contact | undefined {
  return findMissingContact(pool, attributes) ?? firstContact(signUpOrder(pool), attributes)
}

type SignUpPool = Pick<Pool, 'autoVerifiedAttributes' | 'usernameAttributes' | 'extensions'>

/** In a pool that verifies all addresses of a new user: the next one that is not verified yet. */
export function findMissingContact(pool: SignUpPool, attributes: Attributes): Contact | undefined {
  if (extensionsOf(pool).signUp.verifyAllAddresses !== true) return undefined
  const missing = signUpOrder(pool).filter((attribute) => attributes[`${attribute}_verified`] !== 'true')
  return firstContact(missing, attributes)
}

/** Whether only administrators can recover accounts in this pool. */
export function isRecoveredByAdminOnly({ recovery }: Pick<Pool, 'recovery'>): boolean {
  return recovery?.[0] === 'admin_only'
}

/**
 * The address for a code that lets a user choose a new password: the first recovery mechanism by priority whose attribute the user has
 * verified. `mfaContacts` are the attributes that receive codes of the user's second factor. A password that is recovered by the same
 * attribute would reduce the two factors to one. So a pool with recovery mechanisms never uses `mfaContacts`. A pool without mechanisms
 * follows Cognito's legacy rule: it uses one of `mfaContacts` when the user has verified no other attribute.
 */
export function chooseRecoveryContact(
  pool: Pick<Pool, 'recovery'>,
  attributes: Attributes,
  mfaContacts: readonly ContactAttribute[] = [],
): Contact | undefined {
  const verified = recoveryOrder(pool).filter((attribute) => attributes[`${attribute}_verified`] === 'true')
  const withoutMfa = verified.filter((attribute) => !mfaContacts.includes(attribute))
  return firstContact(pool.recovery === undefined ? [...withoutMfa, ...verified] : withoutMfa, attributes)
}

/**
 * The addresses for an invitation. When the request names no medium, Cognito's default is SMS. (Unconfirmed: what Cognito does by default
 * for a user who has only an e-mail address. Here such a user gets an e-mail.)
 */
export function chooseInvitationContacts(mediums: readonly ('EMAIL' | 'SMS')[] | undefined, attributes: Attributes): Contact[] {
  if (mediums === undefined || mediums.length === 0) {
    const contact = firstContact(['phone_number', 'email'], attributes)
    return contact === undefined ? [] : [contact]
  }
  // Always e-mail first, because the limits of messages are counted in this order.
  const wanted = [mediums.includes('EMAIL') && 'email', mediums.includes('SMS') && 'phone_number'] as const
  return wanted.flatMap((attribute) => (attribute && firstContact([attribute], attributes)) || [])
}

/**
 * The attributes to which the code of a new user may be sent, in order of preference. Where sign-ups hide who exists, the address that is the
 * username comes first. Otherwise a stranger could type the username of somebody else and a phone number of their own. A code on that phone
 * would show that the username is free.
 */
export function signUpOrder({ autoVerifiedAttributes, usernameAttributes, extensions }: SignUpPool): ContactAttribute[] {
  const isEmailFirst = extensionsOf({ extensions }).signUp.hideExistingUsers && usernameAttributes[0] === 'email'
  const order: readonly ContactAttribute[] = isEmailFirst ? ['email', 'phone_number'] : ['phone_number', 'email']
  return order.filter((attribute) => autoVerifiedAttributes.includes(attribute))
}

const attributeOfMechanism: Readonly<Record<RecoveryMechanism, ContactAttribute | undefined>> = {
  verified_email: 'email',
  verified_phone_number: 'phone_number',
  admin_only: undefined,
}

/**
 * The attributes by which the pool recovers accounts, in order of preference. A pool without recovery mechanisms follows Cognito's legacy
 * rule: first the phone number, then the e-mail address.
 */
export function recoveryOrder({ recovery }: Pick<Pool, 'recovery'>): ContactAttribute[] {
  if (recovery === undefined) return ['phone_number', 'email']
  return recovery.flatMap((mechanism) => attributeOfMechanism[mechanism] ?? [])
}

function firstContact(order: readonly ContactAttribute[], attributes: Attributes): Contact | undefined {
  for (const attribute of order) {
    const value = attributes[attribute]
    if (value) return { attribute, value }
  }
  return undefined
}
