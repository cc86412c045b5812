import { selfServiceOf } from '../pools/extensions/pool-extensions.ts'
import { mfaMethodsOf } from '../pools/mfa/mfa-methods.ts'
import type { MfaMethod, Pool } from '../pools/pool.ts'
import { askedMfa, collidesWithRecovery, usableMfa } from '../users/mfa/mfa-methods.ts'
import type { User } from '../users/user.ts'

export type MfaDecision =
  /** The first factor is enough. */
  | { readonly kind: 'pass' }
  | { readonly kind: 'challenge'; readonly method: MfaMethod }
  | { readonly kind: 'select'; readonly methods: readonly MfaMethod[] }
  /** The user has to set up one of `methods` to complete the sign-in. */
  | { readonly kind: 'setup'; readonly methods: readonly MfaMethod[] }
  /** The pool requires a second factor, but the user can neither use nor set up any. */
  | { readonly kind: 'impossible' }

type PoolMfa = Pick<Pool, 'mfa' | 'mfaFactors' | 'recovery' | 'schema' | 'extensions'>

/**
 * Whether a user who has proven the first factor needs a second one, and which. If a risky sign-in demands a second factor, any of `demanded`
 * will do, activated or not, and no other.
 *
 * Cognito's guide says that in a pool that requires MFA, a user who has just signed up gets tokens once, in order to set up MFA with them.
 * It does not say when that one time ends. Until then the first factor alone would let an attacker in, so here these users get MFA_SETUP
 * like all others.
 */
export function decideMfa(
  pool: PoolMfa,
  user: Pick<User, 'attributes' | 'mfa'>,
  hasSoftwareToken: boolean,
  demanded: readonly MfaMethod[] = [],
): MfaDecision {
  if (pool.mfa === 'OFF') return { kind: 'pass' }
  const usable = demanded.length > 0 ? demanded : usableMfa(pool, user, hasSoftwareToken)
  const { enabled = [], preferred = null } = user.mfa ?? {}
  if (preferred !== null && usable.includes(preferred)) return { kind: 'challenge', method: preferred }
  const found = oneOf(askedMfa(pool, user, usable)) ?? oneOf(demanded)
  if (found !== undefined) return found
  if (pool.mfa === 'OPTIONAL') return withoutApp(enabled, hasSoftwareToken)
  const methods = methodsToSetUp(pool, user)
  return methods.length > 0 ? { kind: 'setup', methods } : { kind: 'impossible' }
}

/**
 * A user from another pool may have an app activated whose secret stayed there. The password alone must not be enough in its place, so the
 * user sets up an app anew.
 */
function withoutApp(enabled: readonly MfaMethod[], hasSoftwareToken: boolean): MfaDecision {
  const lacksApp = enabled.includes('SOFTWARE_TOKEN_MFA') && !hasSoftwareToken
  return lacksApp ? { kind: 'setup', methods: ['SOFTWARE_TOKEN_MFA'] } : { kind: 'pass' }
}

function oneOf(methods: readonly MfaMethod[]): MfaDecision | undefined {
  const [only] = methods
  if (only === undefined) return undefined
  return methods.length === 1 ? { kind: 'challenge', method: only } : { kind: 'select', methods }
}

/**
 * The methods that the pool offers and that the user could get. A method that sends codes is included only if the user has no address of
 * its kind, and may set one. In addition, recovery must not use that address (see `collidesWithRecovery`). SMS is included, although a
 * sign-in cannot set SMS up: someone has to add the phone number.
 */
function methodsToSetUp(pool: PoolMfa, user: Pick<User, 'attributes' | 'mfa'>): readonly MfaMethod[] {
  const canAdd = (attribute: 'email' | 'phone_number') =>
    !user.attributes[attribute] &&
    !collidesWithRecovery(pool, user, attribute) &&
    !selfServiceOf(pool).lockedAttributes.includes(attribute) &&
    pool.schema.some(({ name, mutable }) => name === attribute && mutable)
  return mfaMethodsOf(pool).filter((method) => {
    if (method === 'SOFTWARE_TOKEN_MFA') return true
    return canAdd(method === 'SMS_MFA' ? 'phone_number' : 'email')
  })
}
