import { type AssuranceLevel, type AuthMethod, levelOf } from '../../tokens/assurance.ts'
import type { Proof } from '../sign-in.ts'

/**
 * The authentication method of each proof. A passkey's key may be in hardware, but only an attestation could prove that. So a
 * passkey counts as a key in software (`swk`). A remembered device replaces a second factor, but it counts as no authentication method.
 */
const methodOf: Partial<Record<Proof, AuthMethod>> = {
  PASSWORD: 'pwd',
  PASSWORD_VERIFIER: 'pwd',
  EMAIL_OTP: 'email_otp',
  SMS_OTP: 'sms',
  SMS_MFA: 'sms',
  SOFTWARE_TOKEN_MFA: 'otp',
  MFA_SETUP: 'otp',
  RECOVERY_CODE: 'recovery_code',
  WEB_AUTHN: 'swk',
}

/** The `amr` of a sign-in: each method once, and `mfa` if there is more than one method. */
export function methodsOf(proofs: readonly Proof[]): readonly AuthMethod[] {
  const methods = new Set(proofs.flatMap((proof) => methodOf[proof] ?? []))
  return methods.size > 1 ? [...methods, 'mfa'] : [...methods]
}

/**
 * Proofs that lead to `methods` (an `amr`). If several proofs lead to a method, the result names one of them. The proof of the first factor
 * comes first.
 */
export function proofsOf(methods: readonly string[]): readonly Proof[] {
  const sms = methods.includes('pwd') ? 'SMS_MFA' : 'SMS_OTP'
  const seconds = { otp: 'SOFTWARE_TOKEN_MFA', recovery_code: 'RECOVERY_CODE' } as const
  const proofs = { pwd: 'PASSWORD', email_otp: 'EMAIL_OTP', sms, ...seconds, swk: 'WEB_AUTHN' } as const
  return Object.entries(proofs).flatMap(([method, proof]) => (methods.includes(method) ? [proof] : []))
}

export function levelReached(proofs: readonly Proof[]): AssuranceLevel {
  return levelOf(methodsOf(proofs))
}
