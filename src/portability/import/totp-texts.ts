import { Secret } from 'otpauth'
import type { ImportedMfa, ImportedTotp } from '../../users/import/records/imported-record.ts'

/** What other systems say about an authenticator app. */
type Scheme = {
  readonly algorithm: string | undefined
  readonly digits: number | undefined
  readonly period: number | undefined
}

/** The names that systems have for HMAC with SHA-1. */
const sha1Names: readonly string[] = ['SHA1', 'HMACSHA1', 'SHA-1']

/** Whether the app makes the codes that are checked here: SHA-1, six digits, 30 seconds. */
export function isOurScheme({ algorithm = 'SHA1', digits = 6, period = 30 }: Scheme): boolean {
  return sha1Names.includes(algorithm.toUpperCase()) && digits === 6 && period === 30
}

/** An authenticator app with a secret in Base32, in any case, with or without padding. */
export function totpWith(secret: string, name?: string): ImportedTotp {
  return { secret: secret.replaceAll(/[\s=-]/g, '').toUpperCase(), name, lastStep: 0 }
}

/** Bytes in Base32, in capitals and without padding: the form of TOTP secrets. */
export function base32Of(bytes: Buffer): string {
  return new Secret({ buffer: Uint8Array.from(bytes).buffer }).base32
}

type Factors = { readonly totp: boolean; readonly sms?: boolean; readonly email?: boolean; readonly passkey?: boolean }

/** The second factors of a user of another system. The authenticator app is preferred. */
export function mfaWith(factors: Factors): ImportedMfa | undefined {
  const enabled = [
    ...(factors.sms ? (['SMS_MFA'] as const) : []),
    ...(factors.totp ? (['SOFTWARE_TOKEN_MFA'] as const) : []),
    ...(factors.email ? (['EMAIL_OTP'] as const) : []),
  ]
  const { passkey = false } = factors
  if (enabled.length === 0 && !passkey) return undefined
  return { enabled, preferred: factors.totp ? 'SOFTWARE_TOKEN_MFA' : enabled[0], byOptions: false, passkey }
}
