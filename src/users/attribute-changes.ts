import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import { discardCode, findCode } from '../messaging/code-repository.ts'
import type { Delivery } from '../messaging/destination.ts'
import type { MessageContent } from '../messaging/message-content.ts'
import { queueAttributeCode } from '../messaging/send-code.ts'
import type { ContactAttribute, Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { nameTaken } from './taken-names.ts'
import { type Attributes, changeAttributes, type User } from './user.ts'
import { updateUser } from './user-repository.ts'

/** Where a code goes that proves an address. */
export type AddressToVerify = { readonly attribute: ContactAttribute; readonly value: string }

/** What a change of attributes amounts to in a pool. */
export type AttributePlan = {
  /** The attributes to store now. An address that waits for its proof is not among them. */
  readonly attributes: Attributes
  /** Addresses that get a code, whether stored already (unverified) or waiting for the proof. */
  readonly toVerify: readonly AddressToVerify[]
  /** Addresses the change named: a code that is still out for an earlier value of one proves nothing any more. */
  readonly touched: readonly ContactAttribute[]
}

const contacts = ['email', 'phone_number'] as const satisfies readonly ContactAttribute[]
const contactLabels: Readonly<Record<ContactAttribute, string>> = { email: 'Email', phone_number: 'Phone Number' }
const contactPhrases: Readonly<Record<ContactAttribute, string>> = { email: 'an email', phone_number: 'a phone number' }

/**
 * Lays `changes` over `current` by the rules of UpdateUserAttributes and AdminUpdateUserAttributes. A new address loses its
 * verification and, where the pool verifies it, gets a code; where the pool demands proof before the update, it waits.
 * `*_verified: 'true'` in the same changes (only administrators get that far) settles the matter with neither code nor wait.
 * Throws InvalidParameterException.
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

/** A flag vouches for an address, so there must be one. Throws InvalidParameterException. */
export function requireAddressesOfFlags(changes: Attributes, attributes: Attributes): void {
  for (const attribute of contacts) {
    if (!changes[`${attribute}_verified`] || attributes[attribute] || changes[attribute]) continue
    const message = `${contactLabels[attribute]} is required to verify/un-verify ${contactPhrases[attribute]}`
    throw new ApiError('InvalidParameterException', message)
  }
}

/** A user named by an address can exchange it but not give it up: nothing would be left to sign in with. */
function requireSignInAddress(pool: Pool, before: Attributes, after: Attributes): void {
  const isNamed = (attributes: Attributes) => pool.usernameAttributes.some((attribute) => attributes[attribute])
  if (!isNamed(before) || isNamed(after)) return
  const lost = pool.usernameAttributes.find((attribute) => before[attribute])
  throw new ApiError('InvalidParameterException', `Cannot delete the attribute ${lost}, the user signs in with it.`)
}

/** Throws InvalidParameterException when the changes name an attribute that is set once, at creation. */
export function requireMutableAttributes(pool: Pool, changes: Attributes): void {
  const fixed = pool.schema.filter(({ name, mutable }) => !mutable && name !== 'sub' && Object.hasOwn(changes, name))
  if (fixed.length === 0) return
  throw new ApiError('InvalidParameterException', fixed.map(({ name }) => `user.${name}: Attribute cannot be updated.\n`).join(''))
}

/** The refusal of a change to what only the server itself sets. */
export function nonMutable(name: string): ApiError {
  return new ApiError('InvalidParameterException', `Cannot modify the non-mutable attribute ${name}`)
}

/** Stores `after` in place of `before`, which the transaction has locked. Throws AliasExistsException when a name is taken. */
export async function storeUser(tx: Tx, pool: Pool, before: User, after: User): Promise<void> {
  const clash = await updateUser(tx, pool, before, after)
  if (clash !== undefined) throw nameTaken(clash)
}

type StoredChanges = {
  readonly pool: Pool
  readonly user: User
  readonly changes: Attributes
  /** How the code for a new address is to be worded. */
  messageContent(attribute: ContactAttribute): MessageContent
  readonly now: number
}

/**
 * Changes the attributes of a user whom the transaction has locked, and queues the codes that the change calls for: wake the outbox
 * after the commit. Codes that are still out for an address the change replaces are worth nothing from then on.
 * Throws InvalidParameterException and AliasExistsException.
 */
export async function storeAttributeChanges(
  tx: Tx,
  secrets: Secrets,
  { pool, user, changes, messageContent, now }: StoredChanges,
): Promise<Delivery[]> {
  const { attributes, toVerify, touched } = planAttributeChanges(pool, user.attributes, changes)
  const after = { ...user, attributes, updatedAt: now }
  await storeUser(tx, pool, user, after)
  for (const attribute of touched) {
    const key = { poolId: pool.id, sub: user.sub, purpose: `verify-${attribute}` }
    // One for the address as it still is stays good: profiles are often sent back whole.
    if ((await findCode(tx, key))?.value !== attributes[attribute]) await discardCode(tx, key)
  }
  const deliveries: Delivery[] = []
  for (const { attribute, value } of toVerify) {
    const proof = { pool, user: after, attribute, value, kind: 'update-attribute', messageContent: messageContent(attribute), now } as const
    deliveries.push(await queueAttributeCode(tx, secrets, proof))
  }
  return deliveries
}
