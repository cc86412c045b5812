import type { Pool } from '../pools/pool.ts'
import { defaultAcrValues } from '../pools/registration-wire.ts'

/** How somebody was authenticated, in the words of RFC 8176 and, for e-mail, one of Cognito's: the values of `amr`. */
export type AuthMethod = 'pwd' | 'otp' | 'sms' | 'email_otp' | 'swk' | 'mfa'

/** How far an authentication is to be relied upon. */
export type AssuranceLevel = 1 | 2 | 3 | 4

/** Fixed by Cognito: a password, a code, a passkey or a password with a code that was sent, a password with an authenticator app. */
export function levelOf(methods: readonly AuthMethod[]): AssuranceLevel {
  const has = (...wanted: readonly AuthMethod[]) => wanted.some((method) => methods.includes(method))
  if (has('pwd') && has('otp')) return 4
  if (has('swk') || (has('pwd') && has('sms', 'email_otp'))) return 3
  return has('otp', 'sms', 'email_otp') ? 2 : 1
}

/** What the pool calls the level: the value of `acr`. */
export function acrOf({ acrValues }: Pick<Pool, 'acrValues'>, level: AssuranceLevel): string {
  return (acrValues ?? defaultAcrValues)[`Level${level}`] ?? ''
}

/** The level that the pool calls so. */
export function levelCalled(pool: Pick<Pool, 'acrValues'>, acr: string): AssuranceLevel | undefined {
  return ([1, 2, 3, 4] as const).find((level) => acrOf(pool, level) === acr)
}
