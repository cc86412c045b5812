import { type ContactAttribute, type MfaFactors, type MfaMethod, mfaMethods, type Pool } from '../pool.ts'

/** The second factors that are set up for the pool, even while its MFA is off. */
export function mfaMethodsOf({ mfaFactors }: Pick<Pool, 'mfaFactors'>): readonly MfaMethod[] {
  return mfaMethods.filter((method) => mfaFactors[factorOf[method]] === true)
}

const factorOf: Readonly<Record<MfaMethod, keyof MfaFactors>> = { SMS_MFA: 'sms', SOFTWARE_TOKEN_MFA: 'softwareToken', EMAIL_OTP: 'email' }

/** The attribute with the address for the codes of a method. Undefined for a method that sends no codes. */
export function contactOf(method: MfaMethod): ContactAttribute | undefined {
  if (method === 'SOFTWARE_TOKEN_MFA') return undefined
  return method === 'SMS_MFA' ? 'phone_number' : 'email'
}

/**
 * Sets up SMS as the second factor of a pool that uses MFA, has no second factor yet and can send text messages. CreateUserPool and
 * UpdateUserPool have no setting that says which second factor is set up.
 */
export function withImpliedSms<P extends Pick<Pool, 'mfa' | 'mfaFactors' | 'sms'>>(pool: P): P {
  if (pool.mfa === 'OFF' || pool.sms === undefined || mfaMethodsOf(pool).length > 0) return pool
  return { ...pool, mfaFactors: { ...pool.mfaFactors, sms: true } }
}

export const noMfaFactors: MfaFactors = { sms: false, softwareToken: undefined, email: false }
