import { createHash } from 'node:crypto'

/** A user of an identity pool, or a guest. */
export type Identity = {
  /** `<region>:<UUID>`. */
  readonly id: string
  readonly identityPoolId: string
  readonly createdAt: number
  readonly updatedAt: number
  /** When the identity was merged into another one, in epoch milliseconds. Undefined while the identity can be used. */
  readonly disabledAt: number | undefined
  /** Whether the identity ever had a login. If so, it is no guest, even when it has no login any more. */
  readonly hadLogin: boolean
}

/** A user of a login provider, or a developer user, whom an identity belongs to. */
export type IdentityLogin = {
  /** A key of `Logins`, or the developer provider name of the identity pool. */
  readonly provider: string
  /** The provider's id of the user. */
  readonly subject: string
}

/** The key of a subject in `identity_login`. */
export function subjectKeyOf(subject: string): string {
  return createHash('sha256').update(subject).digest('base64url')
}
