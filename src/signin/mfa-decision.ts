import { offeredMfa } from '../pools/mfa/offered-mfa.ts'
import type { MfaMethod, Pool } from '../pools/pool.ts'
import { collidesWithRecovery, eligibleMessageMethods, usableMfa } from '../users/mfa/mfa-methods.ts'
import type { User } from '../users/user.ts'

export type MfaDecision =
  /** One factor is enough. */
  | { readonly kind: 'pass' }
  | { readonly kind: 'challenge'; readonly method: MfaMethod }
  | { readonly kind: 'select'; readonly methods: readonly MfaMethod[] }
  /** The user has to set one of these up before they are let in. */
  | { readonly kind: 'setup'; readonly methods: readonly MfaMethod[] }
  /** The pool requires a second factor, and there is none that the user could have. */
  | { readonly kind: 'impossible' }

type DecidingPool = Pick<Pool, 'mfa' | 'mfaFactors' | 'recovery' | 'schema'>

/**
 * Whether somebody who has proven their first factor is asked for a second one, and for which.
 *
 * Cognito's guide says that users who have just signed themselves up get tokens once, to set MFA up with them, in a pool that requires
 * it. It does not say what that one time is, and one factor would then be enough for whoever comes first; so here they get MFA_SETUP like
 * everybody else.
 */
export function decideMfa(pool: DecidingPool, user: Pick<User, 'attributes' | 'mfa'>, hasSoftwareToken: boolean): MfaDecision {
  if (pool.mfa === 'OFF') return { kind: 'pass' }
  const usable = usableMfa(pool, user, hasSoftwareToken)
  const { enabled = [], preferred = null } = user.mfa ?? {}
  if (preferred !== null && usable.includes(preferred)) return { kind: 'challenge', method: preferred }
  if (pool.mfa === 'OPTIONAL') return oneOf(usable.filter((method) => enabled.includes(method))) ?? { kind: 'pass' }

  const byMessage = eligibleMessageMethods(pool, user)
  const eligible = usable.filter((method) => method === 'SOFTWARE_TOKEN_MFA' || byMessage.includes(method))
  const methods = methodsToSetUp(pool, user)
  return oneOf(eligible) ?? (methods.length > 0 ? { kind: 'setup', methods } : { kind: 'impossible' })
}

function oneOf(methods: readonly MfaMethod[]): MfaDecision | undefined {
  const [only] = methods
  if (only === undefined) return undefined
  return methods.length === 1 ? { kind: 'challenge', method: only } : { kind: 'select', methods }
}

/** What the pool offers and the user has not got yet. SMS is among it, though no sign-in can set it up: somebody has to add the number. */
function methodsToSetUp(pool: DecidingPool, user: Pick<User, 'attributes' | 'mfa'>): readonly MfaMethod[] {
  const canGet = (attribute: 'email' | 'phone_number') =>
    !user.attributes[attribute] &&
    !collidesWithRecovery(pool, user, attribute) &&
    pool.schema.some(({ name, mutable }) => name === attribute && mutable)
  return offeredMfa(pool).filter((method) => {
    if (method === 'SOFTWARE_TOKEN_MFA') return true
    return canGet(method === 'SMS_MFA' ? 'phone_number' : 'email')
  })
}
