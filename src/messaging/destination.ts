import type { ContactAttribute, Pool, RecoveryMechanism } from '../pools/pool.ts'
import type { Channel } from './message.ts'
import type { ExceededLimit } from './message-limits.ts'

/** An address of a user, whole. */
export type Contact = { readonly attribute: ContactAttribute; readonly value: string }

/** Where a code went, as far as the caller may know. */
export type Delivery = {
  readonly attribute: ContactAttribute
  readonly medium: 'EMAIL' | 'SMS'
  /** Masked. */
  readonly destination: string
  /** What was queued, or held back because of a limit; undefined when nothing is to be sent. None of the caller's business. */
  readonly message?: { readonly id: string; readonly exceededLimit: ExceededLimit | undefined } | undefined
}

type Attributes = Readonly<Record<string, string>>

export const channelOf = (attribute: ContactAttribute): Channel => (attribute === 'email' ? 'email' : 'sms')

/** What the caller is told of a message to this address. */
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

/** `ana@example.test` is `a***@e***`, whatever its length: the form since 2022, without the top-level domain. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@')
  const [first = '*'] = address.slice(0, Math.max(at, 0))
  const [firstOfDomain = '*'] = address.slice(at + 1)
  return `${first}***@${firstOfDomain}***`
}

/** `+15551234444` is `+*******4444`: a star for each digit but the last four. */
export function maskPhoneNumber(phoneNumber: string): string {
  const digits = phoneNumber.replace(/\D/g, '')
  const shown = Math.max(digits.length - 4, 0)
  return `+${'*'.repeat(shown)}${digits.slice(shown)}`
}

/**
 * Where the code of a new user goes: to an auto-verified attribute that the user supplied; with both, to the phone
 * only. Undefined when there is none, and then nobody is asked for a code.
 */
export function chooseSignUpContact(pool: Pick<Pool, 'autoVerifiedAttributes'>, attributes: Attributes): Contact | undefined {
  return firstContact(signUpOrder(pool), attributes)
}

/** Whether only an administrator may give this pool's users a new password. */
export function isRecoveredByAdminOnly({ recovery }: Pick<Pool, 'recovery'>): boolean {
  return recovery?.[0] === 'admin_only'
}

/**
 * Where a code for a new password goes: the first mechanism by priority whose attribute the user has verified. `mfaContacts` get the
 * codes of the user's second factor: a new password by the same way would make one factor of the two, so the pool's mechanisms leave
 * them out. The legacy rule of pools that set none does not; there they come last, for who has nothing else.
 */
export function chooseRecoveryContact(
  pool: Pick<Pool, 'recovery'>,
  attributes: Attributes,
  mfaContacts: readonly ContactAttribute[] = [],
): Contact | undefined {
  const verified = recoveryOrder(pool).filter((attribute) => attributes[`${attribute}_verified`] === 'true')
  const apart = verified.filter((attribute) => !mfaContacts.includes(attribute))
  return firstContact(pool.recovery === undefined ? [...apart, ...verified] : apart, attributes)
}

/**
 * Where an invitation goes. Without a wish Cognito means SMS; (unconfirmed) what it does then for somebody with an
 * e-mail address only: here they get an e-mail rather than nothing.
 */
export function chooseInvitationContacts(mediums: readonly ('EMAIL' | 'SMS')[] | undefined, attributes: Attributes): Contact[] {
  if (mediums === undefined || mediums.length === 0) {
    const contact = firstContact(['phone_number', 'email'], attributes)
    return contact === undefined ? [] : [contact]
  }
  // Always in this order, in which their caps are counted.
  const wanted = [mediums.includes('EMAIL') && 'email', mediums.includes('SMS') && 'phone_number'] as const
  return wanted.flatMap((attribute) => (attribute && firstContact([attribute], attributes)) || [])
}

/** The attributes a new user's code may go to, the preferred one first. */
export function signUpOrder({ autoVerifiedAttributes }: Pick<Pool, 'autoVerifiedAttributes'>): ContactAttribute[] {
  return (['phone_number', 'email'] as const).filter((attribute) => autoVerifiedAttributes.includes(attribute))
}

const attributeOfMechanism: Readonly<Record<RecoveryMechanism, ContactAttribute | undefined>> = {
  verified_email: 'email',
  verified_phone_number: 'phone_number',
  admin_only: undefined,
}

/** The attributes a code for a new password may go to, the preferred one first. Unset is the legacy rule: phone, then e-mail. */
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
