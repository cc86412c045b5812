import type { SigningPrincipal } from '../../access/credential.ts'

/** Who sent a request to another service. Times are epoch milliseconds. */
export type AuthorizedPrincipal = {
  readonly type: 'AccessKey' | 'RoleSession' | 'User'
  /** What decides what the principal may do. Undefined for a user without a role that trusts the user. */
  readonly signing: Pick<SigningPrincipal, 'arn' | 'userId' | 'accountId' | 'policies' | 'keys' | 'session'> | undefined
  /** Undefined unless a token of a user pool was sent. */
  readonly user: TokenUser | undefined
  readonly payloadSigned: boolean
  readonly expiresAt: number | undefined
}

/** The user whose token was sent. */
export type TokenUser = {
  readonly poolId: string
  readonly clientId: string
  readonly sub: string
  readonly username: string
  readonly groups: readonly string[]
  readonly scopes: readonly string[]
}
