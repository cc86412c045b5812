import { createHash, randomUUID } from 'node:crypto'
import { minuteMs } from '../../base/durations.ts'
import type { AuthMethod } from '../../tokens/assurance.ts'
import type { GrantedScopes } from '../../tokens/granted-scopes.ts'
import type { DomainSessionReference } from '../domain-session/session-cookie.ts'

/** An authorization code (RFC 6749 §4.1.2): what it was given for, and whether it was redeemed. The code itself is stored as a hash. */
export type AuthorizationCode = {
  readonly poolId: string
  /** SHA-256 of the code. */
  readonly id: string
  readonly sub: string
  readonly clientId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly details: CodeDetails
  /** The session that the code gave; null until the code was redeemed. */
  readonly sessionId: string | null
}

export type CodeDetails = {
  readonly redirectUri: string
  /** Whether the authorization request named no redirect URI. Then the token request need not name it either (RFC 6749 §4.1.3). */
  readonly isDefaultRedirect: boolean
  /** The code challenge (RFC 7636); undefined without PKCE. */
  readonly challenge: string | undefined
  /** The thumbprint of the key that the client has to have (RFC 9449 §10). */
  readonly boundTo?: string | undefined
  readonly granted: GrantedScopes
  readonly nonce: string | undefined
  /** When the user was authenticated, in epoch seconds. */
  readonly authTime: number
  readonly methods: readonly AuthMethod[] | undefined
  /** The confirmed device that the user signed in on, in pools that track devices. */
  readonly deviceKey?: string | undefined
  /** The session of the browser. Undefined in manner cognito. */
  readonly domainSession?: DomainSessionReference | undefined
  /** The user's `signedOutAt` when the code was given. A later sign-out everywhere makes the code invalid. */
  readonly userSignedOutAt: number | null
}

export const codeLifetimeMs = 5 * minuteMs

/** A new code has the form of Cognito's: a random UUID. */
export const newAuthorizationCode = (): string => randomUUID()

/** A code is random, so a hash without a key is enough to keep a reader of the database from using it. */
export const hashOfCode = (code: string): string => createHash('sha256').update(code).digest('base64url')
