import type { KeyObject } from 'node:crypto'
import { decodeProtectedHeader } from 'jose/decode/protected_header'
import * as errors from 'jose/errors'
import { compactVerify } from 'jose/jws/compact/verify'
import { decodeJwt } from 'jose/jwt/decode'
import { isObject } from '../../base/is-object.ts'
import { createVerifiedSignatures } from '../../base/verified-signatures.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { IdentityLogin } from '../identity.ts'

export type LoginClaims = Readonly<Record<string, unknown>>

/** A login whose token was verified. */
export type VerifiedLogin = IdentityLogin & {
  /** The app client that the token was issued for. */
  readonly audience: string
  /** The third element of `amr` in the tokens of the identity. */
  readonly amr: string
  /** The claims of the token, from which principal tags are read. */
  readonly claims: LoginClaims
  /** The names under which an administrator may have stored the principal tags of the provider. */
  readonly providerNames: readonly string[]
  /** The claims that the default principal tags are read from, if not those of all tokens. */
  readonly defaultTags?: Readonly<Record<string, string>>
}

/** A token that is not verified yet. */
export type LoginToken = { readonly text: string; readonly kid: string | undefined; readonly claims: LoginClaims }

/** The greatest difference between the clocks of this server and of a login provider, in seconds. */
const clockSkewSeconds = 300

/**
 * The types that say no more than that the token is a JWT (RFC 7519 §5.1) or a JWS (RFC 7515 §4.1.9). Tokens for other purposes, such as
 * access tokens (RFC 9068 §2.1) and logout tokens, have types of their own. Their receivers must not be able to sign in with them.
 */
const generalType = /^(?:application\/)?(?:jwt|jose)$/i

/** Makes a token a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4). Such a token need not have a type. */
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

/** @throws ApiError NotAuthorizedException when the text is not a signed JWT, or is a token for another purpose */
export function readLoginToken(text: string): LoginToken {
  try {
    const { kid, typ } = decodeProtectedHeader(text)
    const claims = decodeJwt(text)
    const { events } = claims
    const isForLogout = isObject(events) && events[logoutEvent] !== undefined
    if ((typ !== undefined && !generalType.test(typ)) || isForLogout) throw notAnIdToken()
    return { text, kid: typeof kid === 'string' ? kid : undefined, claims }
  } catch {
    throw notAnIdToken()
  }
}

/** @throws ApiError NotAuthorizedException when the claim is missing or no text */
export function requireClaim({ claims }: LoginToken, name: string): string {
  const value = claims[name]
  if (typeof value !== 'string' || value === '') throw invalidLoginToken(`Missing a required claim: ${name}`)
  return value
}

const signatures = createVerifiedSignatures()

/**
 * Checks the signature and the times of a token.
 * @throws ApiError NotAuthorizedException when the key is undefined, the signature is wrong, or the token is expired or not yet valid
 */
export async function verifyLoginToken(
  { text, claims }: LoginToken,
  key: KeyObject | undefined,
  { algorithms, now }: { readonly algorithms: readonly string[]; readonly now: number },
): Promise<void> {
  if (key === undefined) throw wrongSignature()
  try {
    await signatures.verifyOnce(text, key, algorithms, () => compactVerify(text, key, { algorithms: [...algorithms] }))
  } catch (error) {
    throw error instanceof errors.JOSEError ? wrongSignature() : error
  }
  const seconds = Math.floor(now / 1000)
  const { exp, nbf, iat } = claims
  if (typeof exp !== 'number') throw invalidLoginToken('Missing a required claim: exp')
  if (seconds >= exp) throw new ExpiredLoginError(`Token expired: ${seconds} >= ${exp}`)
  for (const time of [nbf, iat]) {
    if (typeof time === 'number' && time > seconds + clockSkewSeconds)
      throw invalidLoginToken(`Token is not yet valid: ${seconds} < ${time}`)
  }
}

/** A login whose token is not valid. */
class InvalidLoginError extends ApiError {
  constructor(detail: string) {
    super('NotAuthorizedException', `Invalid login token. ${detail}`)
  }
}

/** A login whose token was valid once. */
export class ExpiredLoginError extends InvalidLoginError {}

/** A login whose token is of a session that was ended. */
export class RevokedLoginError extends InvalidLoginError {}

export function invalidLoginToken(detail: string): ApiError {
  return new InvalidLoginError(detail)
}

export const notAnIdToken = () => invalidLoginToken('Not a valid OpenId Connect identity token.')

export const wrongIssuer = () => invalidLoginToken("Issuer doesn't match providerName")

export const wrongAudience = () => invalidLoginToken('Incorrect token audience.')

const wrongSignature = () => invalidLoginToken('Token signature invalid')

export function unsupportedProvider(): ApiError {
  return new ApiError('NotAuthorizedException', 'Token is not from a supported provider of this identity pool.')
}
