import { type AssuranceLevel, type AuthMethod, levelOf } from '../../tokens/assurance.ts'
import type { ChallengeName } from '../sign-in.ts'

/**
 * What each answered challenge says of its user. A passkey's key may be kept in hardware; since nobody vouches for that, it counts as kept
 * in software. A remembered device saves its user a factor and is none by this count.
 */
const methodOf: Partial<Record<ChallengeName, AuthMethod>> = {
  PASSWORD: 'pwd',
  PASSWORD_VERIFIER: 'pwd',
  EMAIL_OTP: 'email_otp',
  SMS_OTP: 'sms',
  SMS_MFA: 'sms',
  SOFTWARE_TOKEN_MFA: 'otp',
  MFA_SETUP: 'otp',
  WEB_AUTHN: 'swk',
}

/** The `amr` of a sign-in: what it was made of, each once, and whether that was more than one factor. */
export function methodsOf(proofs: readonly ChallengeName[]): readonly AuthMethod[] {
  const methods = new Set(proofs.flatMap((proof) => methodOf[proof] ?? []))
  return methods.size > 1 ? [...methods, 'mfa'] : [...methods]
}

/** Challenges that would have led to these methods, the first factor first. */
export function proofsOf(methods: readonly string[]): readonly ChallengeName[] {
  const sms = methods.includes('pwd') ? 'SMS_MFA' : 'SMS_OTP'
  const proofs = { pwd: 'PASSWORD', email_otp: 'EMAIL_OTP', sms, otp: 'SOFTWARE_TOKEN_MFA', swk: 'WEB_AUTHN' } as const
  return Object.entries(proofs).flatMap(([method, proof]) => (methods.includes(method) ? [proof] : []))
}

export function levelReached(proofs: readonly ChallengeName[]): AssuranceLevel {
  return levelOf(methodsOf(proofs))
}
