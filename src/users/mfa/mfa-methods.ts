import { recoveryOrder } from '../../messaging/destination.ts'
import { contactOf, offeredMfa } from '../../pools/mfa/offered-mfa.ts'
import { type ContactAttribute, type MfaMethod, mfaMethods, type Pool } from '../../pools/pool.ts'
import type { User } from '../user.ts'

type Subject = Pick<User, 'attributes' | 'mfa'>
type Offer = Pick<Pool, 'mfa' | 'mfaFactors' | 'recovery'>

/**
 * The methods that could be asked of the user now: of those that send codes, the ones the pool has set up and the user has an address
 * for; of an authenticator app the one that is registered, even in a pool that has ceased to offer it.
 */
export function usableMfa(pool: Offer, user: Subject, hasSoftwareToken: boolean): readonly MfaMethod[] {
  const offered = offeredMfa(pool)
  return mfaMethods.filter((method) => {
    const contact = contactOf(method)
    return contact === undefined ? hasSoftwareToken : offered.includes(method) && Boolean(user.attributes[contact])
  })
}

/**
 * Whether codes to the address would make one mailbox or phone enough for both halves of a sign-in: where accounts are recovered by it,
 * and the user has no other address, or the pool recovers by no other. The legacy rule (nothing set) has always allowed that.
 */
export function collidesWithRecovery(pool: Offer, user: Subject, attribute: ContactAttribute): boolean {
  if (pool.recovery === undefined) return false
  const [primary, ...others] = recoveryOrder(pool)
  const other = attribute === 'email' ? 'phone_number' : 'email'
  return primary === attribute && (!user.attributes[other] || others.length === 0)
}

/** In a pool that requires MFA, the methods by message that a user may be asked for without having activated anything. */
export function eligibleMessageMethods(pool: Offer, user: Subject): readonly MfaMethod[] {
  return usableMfa(pool, user, false).filter((method) => {
    const contact = contactOf(method)
    return contact !== undefined && (user.mfa?.enabled.includes(method) || !collidesWithRecovery(pool, user, contact))
  })
}

/** The addresses whose owner would pass the user's second factor. */
export function addressesOfActiveMfa(pool: Offer, user: Subject): readonly ContactAttribute[] {
  if (pool.mfa === 'OFF') return []
  const enabled = user.mfa?.enabled ?? []
  if (enabled.length > 0) return addressesOf(usableMfa(pool, user, false).filter((method) => enabled.includes(method)))
  const eligible = pool.mfa === 'ON' ? eligibleMessageMethods(pool, user) : []
  // With two to choose from, each is the way back in for whoever loses the other.
  return eligible.length === 1 ? addressesOf(eligible) : []
}

const addressesOf = (methods: readonly MfaMethod[]): readonly ContactAttribute[] => methods.flatMap((method) => contactOf(method) ?? [])
