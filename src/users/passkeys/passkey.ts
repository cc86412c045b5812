import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { User } from '../user.ts'

/** A credential of Web Authentication with which a user can sign in. */
export type Passkey = {
  readonly poolId: string
  readonly sub: string
  /** What the authenticator calls it, base64url. */
  readonly id: string
  /** COSE_Key (RFC 9052 §7). */
  readonly publicKey: Buffer
  /** The authenticator's count of signatures at the latest use; 0 for one that does not count. */
  readonly counter: number
  /** The domain it is bound to: browsers offer it there and nowhere else. */
  readonly relyingPartyId: string
  /** How a browser may reach the authenticator. */
  readonly transports: readonly string[]
  /** Whether it is part of the user's device; undefined when the browser did not say. */
  readonly attachment: 'platform' | 'cross-platform' | undefined
  /** What the user sees it called. */
  readonly name: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** What goes for a pool that never set WebAuthnConfiguration. */
export function requiresUserVerification({ webAuthn }: Pick<Pool, 'webAuthn'>): boolean {
  return webAuthn?.userVerification === 'required'
}

/** Whether a passkey that has verified its user is all the factors that this pool asks for. */
export function passkeyCountsAsMfa({ webAuthn }: Pick<Pool, 'webAuthn'>): boolean {
  return webAuthn?.factorConfiguration === 'MULTI_FACTOR_WITH_USER_VERIFICATION'
}

/** What authenticators are told to call the user, and to hand back when the user signs in with nothing else: the `sub`. */
export function userHandleOf(sub: string): string {
  return Buffer.from(sub).toString('base64url')
}

/** Throws WebAuthnNotEnabledException where passkeys are no way to sign in. */
export function requirePasskeysEnabled({ allowedFirstFactors }: Pick<Pool, 'allowedFirstFactors'>): void {
  if (allowedFirstFactors.includes('WEB_AUTHN')) return
  throw new ApiError('WebAuthnNotEnabledException', 'WEB_AUTHN is not enabled for the user pool.')
}

/** Throws PasswordResetRequiredException: somebody who has to choose a new password does that first. */
export function requireNoReset({ status }: Pick<User, 'status'>): void {
  if (status === 'RESET_REQUIRED') throw new ApiError('PasswordResetRequiredException', 'Password reset required for the user')
}

/** Throws NotAuthorizedException for somebody whom only another identity provider signs in. */
export function requireOwnSignIn({ status }: Pick<User, 'status'>): void {
  if (status !== 'EXTERNAL_PROVIDER') return
  throw new ApiError('NotAuthorizedException', 'A user who signs in through another identity provider cannot have passkeys here.')
}
