import type { Policy } from './policy.ts'
import type { RequestKeys } from './policy-text.ts'
import type { RoleSession } from './sessions/role-session.ts'

/** What signs requests: an access key of this server, or a session of a role. Times are epoch milliseconds. */
export type Credential = {
  /** `AKIA…` for a long-lived key, `ASIA…` for one that comes with a session token. */
  readonly id: string
  readonly secret: string
  readonly expiresAt: number | undefined
  readonly principal: SigningPrincipal
}

/** Who a credential belongs to, and what it may do. */
export type SigningPrincipal = {
  /** `arn:aws:iam::<account>:access-key/<id>`, or `arn:aws:sts::<account>:assumed-role/<role>/<session>`. */
  readonly arn: string
  readonly accountId: string
  /** The id of the access key, or the id of the role and the name of the session with a colon between them. */
  readonly userId: string
  /** Each of them has to allow a request. */
  readonly policies: readonly Policy[]
  /** The condition keys that the principal brings to each request. */
  readonly keys: RequestKeys
  /** Undefined for an access key. */
  readonly session: RoleSession | undefined
}

/**
 * Finds a credential by the id of its key and the session token that came with the request. Undefined when there is no such credential, the
 * token does not belong to the key, or the session was ended. Finds expired ones as well, so that the caller can learn that it has expired.
 */
export type FindCredential = (keyId: string, sessionToken: string | undefined) => Promise<Credential | undefined>
