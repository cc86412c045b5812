import type { Secrets } from '../base/secrets.ts'
import { type ContactAttribute, nameKey, type Pool } from '../pools/pool.ts'
import { type Delivery, deliveryTo, recoveryOrder, signUpOrder } from './destination.ts'

const letters = 'abcdefghijklmnopqrstuvwxyz'
const emailAddress = /^[^\s@]+@[^\s@]+$/
const phoneNumber = /^\+\d{5,}$/

/**
 * What a caller is told who asks for a new sign-up code for a name that nobody has, where the pool hides who exists.
 * Undefined where a real user could get no code either.
 */
export function simulateSignUpDelivery(secrets: Secrets, pool: Pool, name: string): Delivery | undefined {
  return simulate(secrets, pool, name, signUpOrder(pool))
}

/** The same for a forgotten password; undefined where only administrators recover accounts. */
export function simulateRecoveryDelivery(secrets: Secrets, pool: Pool, name: string): Delivery | undefined {
  const order = recoveryOrder(pool)
  // By the legacy rule most real users are reached where the pool has them verified; phones only if it verifies phones.
  const usual = pool.recovery === undefined && !pool.autoVerifiedAttributes.includes('phone_number') ? order.toReversed() : order
  return simulate(secrets, pool, name, usual)
}

/** Where a code to sign in with is said to have gone that was asked for in such a name. */
export function simulateSignInDelivery(secrets: Secrets, pool: Pool, name: string, attribute: ContactAttribute): Delivery {
  return deliveryTo({ attribute, value: addressIn(name) === attribute ? name : madeUpAddress(secrets, pool, name, attribute) })
}

/** Which kind of address the name of somebody unknown is; undefined for a name that is none. */
export function addressIn(name: string): ContactAttribute | undefined {
  if (emailAddress.test(name)) return 'email'
  return phoneNumber.test(name) ? 'phone_number' : undefined
}

/** A name that is an address stands for itself; any other gets an address that is made up, and always the same. */
function simulate(secrets: Secrets, pool: Pool, name: string, order: readonly ContactAttribute[]): Delivery | undefined {
  const [preferred] = order
  if (preferred === undefined) return undefined
  const own = addressIn(name)
  return simulateSignInDelivery(secrets, pool, name, own !== undefined && order.includes(own) ? own : preferred)
}

function madeUpAddress(secrets: Secrets, pool: Pool, name: string, attribute: ContactAttribute): string {
  const bytes = secrets.mac('decoy', pool.id, `delivery-${attribute}`, nameKey(pool, name))
  const letter = (at: number) => letters[(bytes[at] ?? 0) % letters.length] ?? 'a'
  if (attribute === 'email') return `${letter(0)}@${letter(1)}`
  return `+1000000${(bytes.readUInt32BE(0) % 10_000).toString().padStart(4, '0')}`
}
