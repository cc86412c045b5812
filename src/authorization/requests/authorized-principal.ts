import type { SigningPrincipal } from '../../access/credential.ts'

/** Who sent a request to another service. Times are epoch milliseconds. */
export type AuthorizedPrincipal = {
  readonly type: 'AccessKey' | 'RoleSession' | 'User' | 'Client'
  /** What decides what the principal may do. Undefined for an app client, and for a user without a role that trusts the user. */
  readonly signing: Pick<SigningPrincipal, 'arn' | 'userId' | 'accountId' | 'policies' | 'keys' | 'session'> | undefined
  /** Undefined unless a token of a user pool was sent. */
  readonly user: TokenUser | undefined
  /** Undefined unless an app client sent a token that it got for itself. */
  readonly client: TokenClient | undefined
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

/** The app client that sent a token of its own, without a user. */
export type TokenClient = { readonly poolId: string; readonly clientId: string; readonly scopes: readonly string[] }
