import type { Pool } from '../pools/pool.ts'
import { defaultAcrValues } from '../pools/registration-wire.ts'

/**
 * The values of `amr`: authentication methods as RFC 8176 names them. The name for e-mail is Cognito's, and the one for recovery codes is
 * Lifeguard's.
 */
export type AuthMethod = 'pwd' | 'otp' | 'sms' | 'email_otp' | 'swk' | 'recovery_code' | 'mfa'

/** The level of assurance; 4 is the highest. */
export type AssuranceLevel = 1 | 2 | 3 | 4

/**
 * The level that the methods reach. Cognito fixes the levels. 1: a password. 2: a code. 3: a passkey, or a password and a code from a
 * message. 4: a password and a code from an authenticator app. A recovery code raises no level: it stands in for a factor that is lost.
 */
export function levelOf(methods: readonly AuthMethod[]): AssuranceLevel {
  const has = (...anyOf: readonly AuthMethod[]) => anyOf.some((method) => methods.includes(method))
  if (has('pwd') && has('otp')) return 4
  if (has('swk') || (has('pwd') && has('sms', 'email_otp'))) return 3
  return has('otp', 'sms', 'email_otp') ? 2 : 1
}

/** The levels of assurance that an app asks for. */
export type RequestedAssurance = {
  /** The preferred one first; never empty. */
  readonly levels: readonly AssuranceLevel[]
  /** Whether the app accepts no other level (OpenID Connect Core §5.5.1.1). */
  readonly isEssential: boolean
}

/** The first of the levels that the methods reach. A higher level includes all lower ones. Undefined when the methods reach none. */
export function metLevel({ levels }: RequestedAssurance, methods: readonly AuthMethod[]): AssuranceLevel | undefined {
  const reached = levelOf(methods)
  return levels.find((level) => level <= reached)
}

/** The pool's name for the level: the value of `acr`. */
export function acrOf({ acrValues }: Pick<Pool, 'acrValues'>, level: AssuranceLevel): string {
  return (acrValues ?? defaultAcrValues)[`Level${level}`] ?? ''
}

/** The level whose name in the pool is `acr`. Undefined when no level has this name. */
export function findLevel(pool: Pick<Pool, 'acrValues'>, acr: string): AssuranceLevel | undefined {
  return ([1, 2, 3, 4] as const).find((level) => acrOf(pool, level) === acr)
}
