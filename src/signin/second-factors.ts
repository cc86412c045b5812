import type { MfaMethod } from '../pools/pool.ts'
import type { SecondFactor } from './factor.ts'
import { email } from './factors/email/email.ts'
import { sms } from './factors/sms/sms.ts'
import { type TotpDeps, totp } from './factors/totp/totp.ts'
import type { SentCodeDeps } from './sent-code.ts'
import type { ChallengeName } from './sign-in.ts'

export type SecondFactorDeps = SentCodeDeps & TotpDeps

export const secondFactors: Readonly<Record<MfaMethod, SecondFactor<SecondFactorDeps>>> = {
  SMS_MFA: sms,
  SOFTWARE_TOKEN_MFA: totp,
  EMAIL_OTP: email,
}

/** The challenges that complete a sign-in when they follow a first factor. */
const secondFactorProofs: readonly ChallengeName[] = ['SMS_MFA', 'SOFTWARE_TOKEN_MFA', 'EMAIL_OTP', 'MFA_SETUP', 'DEVICE_PASSWORD_VERIFIER']

/** Whether the proofs of a sign-in, the first factor first, are those of two factors. */
export function hasSecondFactor([, ...later]: readonly ChallengeName[]): boolean {
  return later.some((proof) => secondFactorProofs.includes(proof))
}
