import { type ContactAttribute, type MfaFactors, type MfaMethod, mfaMethods, type Pool } from '../pool.ts'

/** The second factors that are set up for the pool, whether or not it asks for them just now. */
export function mfaMethodsOf({ mfaFactors }: Pick<Pool, 'mfaFactors'>): readonly MfaMethod[] {
  return mfaMethods.filter((method) => mfaFactors[factorOf[method]] === true)
}

const factorOf: Readonly<Record<MfaMethod, keyof MfaFactors>> = { SMS_MFA: 'sms', SOFTWARE_TOKEN_MFA: 'softwareToken', EMAIL_OTP: 'email' }

/** Where the codes of a method go; undefined for a method that sends none. */
export function contactOf(method: MfaMethod): ContactAttribute | undefined {
  if (method === 'SOFTWARE_TOKEN_MFA') return undefined
  return method === 'SMS_MFA' ? 'phone_number' : 'email'
}

/**
 * A pool that is told to ask for a second factor, has none set up, and can send text messages asks for a code by SMS: CreateUserPool and
 * UpdateUserPool have no other way to say so.
 */
export function withImpliedSms<P extends Pick<Pool, 'mfa' | 'mfaFactors' | 'sms'>>(pool: P): P {
  if (pool.mfa === 'OFF' || pool.sms === undefined || mfaMethodsOf(pool).length > 0) return pool
  return { ...pool, mfaFactors: { ...pool.mfaFactors, sms: true } }
}

export const noMfaFactors: MfaFactors = { sms: false, softwareToken: undefined, email: false }
