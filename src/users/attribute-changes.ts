import { isDeepStrictEqual } from 'node:util'
import type { AuditedCall } from '../audit/audited-caller.ts'
import { changedMembers } from '../audit/changed-members.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import { discardCode, findCode } from '../messaging/code-repository.ts'
import type { Delivery } from '../messaging/destination.ts'
import type { MessageContent } from '../messaging/message-content.ts'
import { queueAttributeCode } from '../messaging/send-code.ts'
import type { ContactAttribute, Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { deleteEmailChanges } from './account-notices/email-change-repository.ts'
import { writeComparedUser } from './compared-user.ts'
import { deleteNeedlessRecoveryCodes } from './recovery-codes/needless-recovery-codes.ts'
import { type Attributes, changeAttributes, type User } from './user.ts'
import { nameTaken } from './user-names.ts'
import { updateUser } from './user-repository.ts'

/** An address that has to be verified by a code. */
export type AddressToVerify = { readonly attribute: ContactAttribute; readonly value: string }

/** What follows from a change of attributes by the rules of the pool. */
export type AttributePlan = {
  /** All attributes to store now, without an address that the pool stores only once it is verified. */
  readonly attributes: Attributes
  /** Addresses that get a code, whether they are stored now (unverified) or once they are verified. */
  readonly toVerify: readonly AddressToVerify[]
  /**
   * The kinds of address that the change sets, removes or marks as verified. An outstanding code for an address of these kinds becomes
   * invalid, unless the code is for the address that the user has after the change.
   */
  readonly touched: readonly ContactAttribute[]
}

const contacts = ['email', 'phone_number'] as const satisfies readonly ContactAttribute[]
const contactLabels: Readonly<Record<ContactAttribute, string>> = { email: 'Email', phone_number: 'Phone Number' }
const contactPhrases: Readonly<Record<ContactAttribute, string>> = { email: 'an email', phone_number: 'a phone number' }

/**
 * Applies `changes` to `current` by the rules of UpdateUserAttributes and AdminUpdateUserAttributes. A new address is unverified and gets a
 * code if the pool verifies it. If the pool requires verification before an update, the address is stored only once it is verified. An
 * address that comes with `*_verified: 'true'` (which only administrators may set) is stored as verified, without a code.
 *
 * @throws ApiError InvalidParameterException when the user has no address for a flag such as `email_verified`, or the change
 * removes the last username attribute
 */
export function planAttributeChanges(pool: Pool, current: Attributes, changes: Attributes): AttributePlan {
  const storedNow: Record<string, string> = { ...changes }
  const toVerify: AddressToVerify[] = []
  for (const attribute of contacts) {
    const value = changes[attribute]
    if (!value || value === current[attribute]) continue
    if (changes[`${attribute}_verified`] === 'true' || !pool.autoVerifiedAttributes.includes(attribute)) continue
    toVerify.push({ attribute, value })
    if (!pool.verifyBeforeUpdate?.includes(attribute)) continue
    delete storedNow[attribute]
    delete storedNow[`${attribute}_verified`]
  }
  const attributes = changeAttributes(current, storedNow)
  requireAddressesOfFlags(changes, attributes)
  requireSignInAddress(pool, current, attributes)
  const touched = contacts.filter((attribute) => changes[attribute] !== undefined || changes[`${attribute}_verified`] === 'true')
  return { attributes, toVerify, touched }
}

/** @throws ApiError InvalidParameterException when the changes set the flag (verified or not) of an address that the user does not have */
export function requireAddressesOfFlags(changes: Attributes, attributes: Attributes): void {
  for (const attribute of contacts) {
    if (!changes[`${attribute}_verified`] || attributes[attribute] || changes[attribute]) continue
    const message = `${contactLabels[attribute]} is required to verify/un-verify ${contactPhrases[attribute]}`
    throw new ApiError('InvalidParameterException', message)
  }
}

/** Refuses to remove the last username attribute of a user: the user would have no address left to sign in with. */
function requireSignInAddress(pool: Pool, before: Attributes, after: Attributes): void {
  const hasName = (attributes: Attributes) => pool.usernameAttributes.some((attribute) => attributes[attribute])
  if (!hasName(before) || hasName(after)) return
  const lost = pool.usernameAttributes.find((attribute) => before[attribute])
  throw new ApiError('InvalidParameterException', `Cannot delete the attribute ${lost}, the user signs in with it.`)
}

/** @throws ApiError InvalidParameterException when the changes contain an immutable attribute */
export function requireMutableAttributes(pool: Pool, changes: Attributes): void {
  const fixed = pool.schema.filter(({ name, mutable }) => !mutable && name !== 'sub' && Object.hasOwn(changes, name))
  if (fixed.length === 0) return
  throw new ApiError('InvalidParameterException', fixed.map(({ name }) => `user.${name}: Attribute cannot be updated.\n`).join(''))
}

/** The error for an attribute that only the server sets. */
export function nonMutable(name: string): ApiError {
  return new ApiError('InvalidParameterException', `Cannot modify the non-mutable attribute ${name}`)
}

/**
 * Stores the user `after` in place of the user `before`. The caller has locked the user in this transaction. A user who has no second factor
 * any more loses the recovery codes.
 *
 * @throws ApiError AliasExistsException when a new name belongs to another user
 */
export async function storeUser(tx: Tx, pool: Pool, before: User, after: User): Promise<void> {
  const clash = await updateUser(tx, pool, before, after)
  if (clash !== undefined) throw nameTaken(clash)
  if (hasOtherFactors(before, after)) await deleteNeedlessRecoveryCodes(tx, pool, before, after)
}

const hasOtherFactors = (before: User, after: User): boolean =>
  !isDeepStrictEqual(before.mfa, after.mfa) || contacts.some((attribute) => before.attributes[attribute] !== after.attributes[attribute])

type AttributeChange = {
  readonly pool: Pool
  readonly user: User
  readonly changes: Attributes
  /** The content of the message with the code for a new address. */
  messageContent(attribute: ContactAttribute): MessageContent
  readonly now: number
  /** The audit record of the call. Undefined in the public API, whose calls leave none. */
  readonly audit?: AuditedCall | undefined
}

/**
 * Changes the attributes of a user that the transaction has locked, and queues the codes for new addresses. Outstanding codes for replaced
 * addresses become invalid.
 *
 * @NOTE The caller passes the deliveries to `afterCommit` of the outbox.
 * @throws ApiError InvalidParameterException when the rules forbid the change (see `planAttributeChanges`)
 * @throws ApiError AliasExistsException when a new name belongs to another user
 */
export async function storeAttributeChanges(
  tx: Tx,
  secrets: Secrets,
  { pool, user, changes, messageContent, now, audit }: AttributeChange,
): Promise<Delivery[]> {
  const { attributes, toVerify, touched } = planAttributeChanges(pool, user.attributes, changes)
  const after = { ...user, attributes, updatedAt: now }
  await storeUser(tx, pool, user, after)
  // An administrator who sets the address has decided whose account it is.
  if (audit !== undefined && attributes['email'] !== user.attributes['email']) await deleteEmailChanges(tx, user)
  for (const attribute of touched) {
    const key = { poolId: pool.id, sub: user.sub, purpose: `verify-${attribute}` }
    // A code for the user's unchanged address stays valid: clients often send all attributes back, although they change only one.
    if ((await findCode(tx, key))?.value !== attributes[attribute]) await discardCode(tx, key)
  }
  const deliveries: Delivery[] = []
  for (const { attribute, value } of toVerify) {
    const proof = { pool, user: after, attribute, value, kind: 'update-attribute', messageContent: messageContent(attribute), now } as const
    deliveries.push(await queueAttributeCode(tx, secrets, proof))
  }
  const detail = toVerify.length === 0 ? undefined : `to verify: ${toVerify.map(({ attribute }) => attribute).join(', ')}`
  await audit?.record(tx, { user: after, changedMembers: changedMembers(writeComparedUser(user), writeComparedUser(after)), detail })
  return deliveries
}
