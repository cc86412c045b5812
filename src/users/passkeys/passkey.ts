import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { User } from '../user.ts'

/** A credential of Web Authentication that a user can sign in with. */
export type Passkey = {
  readonly poolId: string
  readonly sub: string
  /** The authenticator's id of the credential, base64url. */
  readonly id: string
  /** The public key, encoded as a COSE_Key (RFC 9052 §7). */
  readonly publicKey: Buffer
  /** The authenticator's count of signatures at the latest use; 0 if the authenticator does not count. */
  readonly counter: number
  /** The domain that the passkey is bound to. Browsers offer the passkey only there. */
  readonly relyingPartyId: string
  /** The ways in which a browser can reach the authenticator. */
  readonly transports: readonly string[]
  /** Whether the authenticator is part of the user's device. Undefined when the browser did not say. */
  readonly attachment: 'platform' | 'cross-platform' | undefined
  /** The name that the user sees. */
  readonly name: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** Whether the pool requires that a passkey verifies its user. False in a pool without a WebAuthnConfiguration. */
export function requiresUserVerification({ webAuthn }: Pick<Pool, 'webAuthn'>): boolean {
  return webAuthn?.userVerification === 'required'
}

/** Whether a passkey that verified its user counts as both factors in this pool. */
export function passkeyCountsAsMfa({ webAuthn }: Pick<Pool, 'webAuthn'>): boolean {
  return webAuthn?.factorConfiguration === 'MULTI_FACTOR_WITH_USER_VERIFICATION'
}

/** The user handle: the `sub`. Authenticators store it, and return it when the user signs in without a username. */
export function userHandleOf(sub: string): string {
  return Buffer.from(sub).toString('base64url')
}

/** @throws ApiError WebAuthnNotEnabledException when the users of the pool cannot sign in with passkeys. */
export function requirePasskeysEnabled({ allowedFirstFactors }: Pick<Pool, 'allowedFirstFactors'>): void {
  if (allowedFirstFactors.includes('WEB_AUTHN')) return
  throw new ApiError('WebAuthnNotEnabledException', 'WEB_AUTHN is not enabled for the user pool.')
}

/** @throws ApiError PasswordResetRequiredException when the user has to choose a new password first. */
export function requireNoPasswordReset({ status }: Pick<User, 'status'>): void {
  if (status === 'RESET_REQUIRED') throw new ApiError('PasswordResetRequiredException', 'Password reset required for the user')
}

/** @throws ApiError NotAuthorizedException when the user signs in only through an identity provider. */
export function requireLocalSignIn({ status }: Pick<User, 'status'>): void {
  if (status !== 'EXTERNAL_PROVIDER') return
  throw new ApiError('NotAuthorizedException', 'A user who signs in through another identity provider cannot have passkeys here.')
}
