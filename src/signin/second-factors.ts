import type { MfaMethod } from '../pools/pool.ts'
import type { SecondFactor } from './factor.ts'
import { email, sms } from './factors/message/message-factor.ts'
import type { SentCodeDeps } from './factors/message/sent-code.ts'
import { type TotpDeps, totp } from './factors/totp/totp.ts'
import type { Proof } from './sign-in.ts'

export type SecondFactorDeps = SentCodeDeps & TotpDeps

export const secondFactors: Readonly<Record<MfaMethod, SecondFactor<SecondFactorDeps>>> = {
  SMS_MFA: sms,
  SOFTWARE_TOKEN_MFA: totp,
  EMAIL_OTP: email,
}

/** The proofs that count as a second factor when they follow a first one. */
const secondFactorProofs: readonly Proof[] = [
  'SMS_MFA',
  'SOFTWARE_TOKEN_MFA',
  'EMAIL_OTP',
  'MFA_SETUP',
  'DEVICE_PASSWORD_VERIFIER',
  'RECOVERY_CODE',
]

/** Whether a second factor is among the proofs of a sign-in. The first element is the first factor, so it does not count. */
export function hasSecondFactor([, ...later]: readonly Proof[]): boolean {
  return later.some((proof) => secondFactorProofs.includes(proof))
}
