import { createHash, timingSafeEqual } from 'node:crypto'
import { OAuthError } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'

/**
 * The code challenge of an authorization request (RFC 7636 §4.3). Only the method S256 is accepted. Undefined without PKCE.
 *
 * @throws OAuthError invalid_request when the method is missing or another one, and when the challenge is no SHA-256 hash.
 */
export function readCodeChallenge(parameters: Parameters): string | undefined {
  const challenge = parameters.get('code_challenge')
  const method = parameters.get('code_challenge_method')
  if (challenge === undefined && method === undefined) return undefined
  if (method !== 'S256' || challenge === undefined || !/^[\w-]{43}$/.test(challenge)) throw new OAuthError('invalid_request')
  return challenge
}

/**
 * Whether the verifier of a token request fits the challenge of its code (RFC 7636 §4.6). A verifier for a code without a challenge does
 * not fit: an attacker may have removed the challenge (RFC 9700 §4.8.2).
 */
export function fitsChallenge(challenge: string | undefined, verifier: string | undefined): boolean {
  if (challenge === undefined || verifier === undefined) return challenge === verifier
  const expected = Buffer.from(challenge)
  const hash = Buffer.from(createHash('sha256').update(verifier).digest('base64url'))
  return expected.length === hash.length && timingSafeEqual(expected, hash)
}
