import type { MfaMethod } from '../../pools/pool.ts'
import { usableMfa } from '../../users/mfa/mfa-methods.ts'
import type { Proof, SignIn } from '../sign-in.ts'

/** The second factor that would only prove again what the first factor has proven: that the user reads this mailbox or phone. */
const sameAsFirst: Partial<Record<Proof, MfaMethod>> = { EMAIL_OTP: 'EMAIL_OTP', SMS_OTP: 'SMS_MFA' }

/** The methods that a risky sign-in can ask the user for: each that the user has, activated or not, except the address of the first factor. */
export function askableMfa({ context: { pool }, user, progress }: SignIn, hasSoftwareToken: boolean): readonly MfaMethod[] {
  if (pool.mfa === 'OFF') return []
  const [first] = progress.proofs
  return usableMfa(pool, user, hasSoftwareToken).filter((method) => first === undefined || method !== sameAsFirst[first])
}

/** Those methods if the risk of the sign-in demands a second factor, or else none. */
export const demandedMfa = (signIn: SignIn, hasSoftwareToken: boolean): readonly MfaMethod[] =>
  signIn.progress.risk?.demandsMfa ? askableMfa(signIn, hasSoftwareToken) : []
