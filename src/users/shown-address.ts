import type { Secrets } from '../base/secrets.ts'
import {
  type Contact,
  chooseRecoveryContact,
  chooseSignUpContact,
  type Delivery,
  deliveryTo,
  recoveryOrder,
  signUpOrder,
} from '../messaging/destination.ts'
import { simulateAddress } from '../messaging/simulated-delivery.ts'
import type { ContactAttribute, Pool } from '../pools/pool.ts'
import { decoySub } from './decoy.ts'
import { draftDecoyUser } from './decoy-user.ts'
import { addressesOfActiveMfa } from './mfa/mfa-methods.ts'
import type { Attributes, User } from './user.ts'

/** A name from a request, and the user who has it, in whatever state the user is. */
export type NamedUser = { readonly name: string; readonly user: User | undefined; readonly now: number }

/**
 * Where an answer says that a code for a new password goes, if the client hides which users exist. Every operation shows the same addresses
 * for the same name: those of the user, verified or not, whether or not a message is sent, or those of a decoy. An address that the user
 * lacks is made up. If operations differed, a comparison of two answers would tell users from decoys.
 */
export function shownRecoveryDelivery(secrets: Secrets, pool: Pool, named: NamedUser): Delivery | undefined {
  const shown = shownUser(secrets, pool, named)
  const order = recoveryOrder(pool)
  const contact =
    chooseRecoveryContact(pool, shown.attributes, addressesOfActiveMfa(pool, shown)) ??
    chooseRecoveryContact(pool, shown.attributes) ??
    firstContact(order, shown.attributes)
  // In a pool without recovery settings (the legacy rule), most users get the code at a kind of address that the pool verifies. So an
  // e-mail address is made up, unless the pool verifies phones.
  const usualOrder = pool.recovery === undefined && !pool.autoVerifiedAttributes.includes('phone_number') ? order.toReversed() : order
  return deliveryOrSimulated(secrets, pool, named.name, { contact, otherwise: usualOrder[0] })
}

/** A sign-up that created no user. Later answers show the address that was given in it. */
type Remembered = { readonly delivery: Delivery | undefined }

/**
 * Where an answer says that the code which confirms a new user goes, if the client hides which users exist: to an address of the user, or
 * of a decoy if no user has the name, or to a made-up address if the user lacks one. Undefined in a pool that sends no such code. A hidden
 * sign-up that is `remembered` takes the place of user and decoy: the answer is that for a user who has signed up so.
 */
export function shownSignUpDelivery(secrets: Secrets, pool: Pool, named: NamedUser, remembered?: Remembered): Delivery | undefined {
  const known = chooseSignUpContact(pool, shownUser(secrets, pool, named).attributes)
  const contact = remembered === undefined ? known : undefined
  const shown = deliveryOrSimulated(secrets, pool, named.name, { contact, otherwise: signUpOrder(pool)[0] })
  return remembered?.delivery ?? shown
}

/**
 * Where an answer says that a code to sign in with goes: to the user's address of the kind `attribute`. For a decoy, and for a user without
 * such an address, to a made-up address of that kind.
 */
export function shownSignInDelivery(secrets: Secrets, pool: Pool, named: NamedUser, attribute: ContactAttribute): Delivery {
  const value = simulateAddress(secrets, pool, named.name, attribute)
  return deliveryTo({ attribute, value: named.user?.attributes[attribute] || value })
}

/** Makes up a decoy in any case, so that the call takes as long for a user who exists. */
function shownUser(secrets: Secrets, pool: Pool, { name, user, now }: NamedUser): User {
  const decoy = draftDecoyUser(secrets, pool, { name, sub: user?.sub ?? decoySub(secrets, pool, name, now) })
  return user ?? decoy.user
}

function firstContact(order: readonly ContactAttribute[], attributes: Attributes): Contact | undefined {
  const attribute = order.find((contact) => attributes[contact])
  return attribute && { attribute, value: attributes[attribute] ?? '' }
}

/**
 * The delivery to `contact`. If `contact` is undefined: the delivery to a made-up address of the kind `otherwise`. Undefined when both are
 * undefined. An address is made up even when `contact` is given, so that the call always takes the same time.
 */
function deliveryOrSimulated(
  secrets: Secrets,
  pool: Pool,
  name: string,
  { contact, otherwise }: { readonly contact: Contact | undefined; readonly otherwise: ContactAttribute | undefined },
): Delivery | undefined {
  const attribute = contact?.attribute ?? otherwise
  if (attribute === undefined) return undefined
  const simulated = simulateAddress(secrets, pool, name, attribute)
  return deliveryTo({ attribute, value: contact?.value ?? simulated })
}
