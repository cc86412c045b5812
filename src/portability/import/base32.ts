import { Secret } from 'otpauth'

/** Bytes in Base32, in capitals and without padding: the form of TOTP secrets. */
export function base32Of(bytes: Buffer): string {
  return new Secret({ buffer: Uint8Array.from(bytes).buffer }).base32
}
