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
import type { User } from './user.ts'

/** A name that somebody brought, and the user who has it, whatever state they are in. */
export type Bearer = { readonly name: string; readonly user: User | undefined; readonly now: number }

/**
 * Where a code is said to go, in answers that hide who exists. Every operation shows the same addresses for the same name: those of its
 * user, verified or not, whether or not anything is sent; otherwise those of a user who is made up. Only an address that is missing is made
 * up for a user. If each operation had its own idea, a comparison of two answers would tell users from strangers.
 */
export function shownRecovery(secrets: Secrets, pool: Pool, bearer: Bearer): Delivery | undefined {
  const shown = shownUser(secrets, pool, bearer)
  const order = recoveryOrder(pool)
  const chosen =
    chooseRecoveryContact(pool, shown.attributes, addressesOfActiveMfa(pool, shown)) ??
    chooseRecoveryContact(pool, shown.attributes) ??
    firstOf(order, shown)
  // By the legacy rule most users are reached where the pool has them verified; phones only if it verifies phones.
  const usual = pool.recovery === undefined && !pool.autoVerifiedAttributes.includes('phone_number') ? order.toReversed() : order
  return deliver(secrets, pool, bearer, chosen, usual[0])
}

/** The same for a code that confirms a new user; undefined in pools that send none. */
export function shownSignUp(secrets: Secrets, pool: Pool, bearer: Bearer): Delivery | undefined {
  const chosen = chooseSignUpContact(pool, shownUser(secrets, pool, bearer).attributes)
  return deliver(secrets, pool, bearer, chosen, signUpOrder(pool)[0])
}

/** The same for a code to sign in with, of which the kind is chosen. */
export function shownSignIn(secrets: Secrets, pool: Pool, bearer: Bearer, attribute: ContactAttribute): Delivery {
  const value = simulateAddress(secrets, pool, bearer.name, attribute)
  return deliveryTo({ attribute, value: bearer.user?.attributes[attribute] || value })
}

/** Makes one up in any case: it takes as long for users as for strangers. */
function shownUser(secrets: Secrets, pool: Pool, { name, user, now }: Bearer): User {
  const decoy = draftDecoyUser(secrets, pool, { name, sub: user?.sub ?? decoySub(secrets, pool, name, now) })
  return user ?? decoy.user
}

function firstOf(order: readonly ContactAttribute[], { attributes }: User): Contact | undefined {
  const attribute = order.find((contact) => attributes[contact])
  return attribute && { attribute, value: attributes[attribute] ?? '' }
}

function deliver(
  secrets: Secrets,
  pool: Pool,
  { name }: Bearer,
  chosen: Contact | undefined,
  usual: ContactAttribute | undefined,
): Delivery | undefined {
  const attribute = chosen?.attribute ?? usual
  if (attribute === undefined) return undefined
  const madeUp = simulateAddress(secrets, pool, name, attribute)
  return deliveryTo({ attribute, value: chosen?.value ?? madeUp })
}
