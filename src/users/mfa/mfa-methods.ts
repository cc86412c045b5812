import { recoveryOrder } from '../../messaging/destination.ts'
import { contactOf, mfaMethodsOf } from '../../pools/mfa/mfa-methods.ts'
import { type ContactAttribute, type MfaMethod, mfaMethods, type Pool } from '../../pools/pool.ts'
import type { User } from '../user.ts'

type MfaUser = Pick<User, 'attributes' | 'mfa'>
type MfaPool = Pick<Pool, 'mfa' | 'mfaFactors' | 'recovery'>

/**
 * The methods that a sign-in could ask the user for now. A method that sends codes is usable if the pool offers it and the user has an
 * address for it. The authenticator app is usable if the user has registered one, even in a pool that no longer offers it.
 */
export function usableMfa(pool: MfaPool, user: MfaUser, hasSoftwareToken: boolean): readonly MfaMethod[] {
  const offered = mfaMethodsOf(pool)
  return mfaMethods.filter((method) => {
    const contact = contactOf(method)
    return contact === undefined ? hasSoftwareToken : offered.includes(method) && Boolean(user.attributes[contact])
  })
}

/**
 * Whether one mailbox or phone (`attribute`) would be enough both to set a new password and to pass MFA, if MFA sent its codes there.
 * True when two conditions hold. First, the pool prefers this kind of address for account recovery. Second, the user has no address of the
 * other kind, or the pool does not use that kind for recovery. False in a pool without recovery settings: its legacy rule has always
 * allowed recovery by the address of MFA, for users who have no other address.
 */
export function collidesWithRecovery(pool: MfaPool, user: MfaUser, attribute: ContactAttribute): boolean {
  if (pool.recovery === undefined) return false
  const [primary, ...others] = recoveryOrder(pool)
  const other = attribute === 'email' ? 'phone_number' : 'email'
  return primary === attribute && (!user.attributes[other] || others.length === 0)
}

/**
 * The methods by message that a sign-in may ask for in a pool that requires MFA, where the user need not activate a method. A method whose
 * address collides with recovery (`collidesWithRecovery`) is left out unless the user has activated it.
 */
function eligibleMessageMethods(pool: MfaPool, user: MfaUser): readonly MfaMethod[] {
  return usableMfa(pool, user, false).filter((method) => {
    const contact = contactOf(method)
    return contact !== undefined && (user.mfa?.enabled.includes(method) || !collidesWithRecovery(pool, user, contact))
  })
}

/**
 * Those of `usable` that a sign-in of the user asks for: in a pool that requires MFA also methods that the user has not activated. Without any,
 * the user has no second factor.
 */
export function askedMfa(pool: MfaPool, user: MfaUser, usable: readonly MfaMethod[]): readonly MfaMethod[] {
  if (pool.mfa === 'OFF') return []
  if (pool.mfa === 'OPTIONAL') return usable.filter((method) => user.mfa?.enabled.includes(method))
  const byMessage = eligibleMessageMethods(pool, user)
  return usable.filter((method) => method === 'SOFTWARE_TOKEN_MFA' || byMessage.includes(method))
}

/** The addresses that receive the codes of the second factor. A person who reads the messages to one of them passes that factor. */
export function addressesOfActiveMfa(pool: MfaPool, user: MfaUser): readonly ContactAttribute[] {
  if (pool.mfa === 'OFF') return []
  const enabled = user.mfa?.enabled ?? []
  if (enabled.length > 0) return addressesOf(usableMfa(pool, user, false).filter((method) => enabled.includes(method)))
  const eligible = pool.mfa === 'ON' ? eligibleMessageMethods(pool, user) : []
  // A user with two eligible methods depends on neither address: a user who loses one method can use the other.
  return eligible.length === 1 ? addressesOf(eligible) : []
}

const addressesOf = (methods: readonly MfaMethod[]): readonly ContactAttribute[] => methods.flatMap((method) => contactOf(method) ?? [])
