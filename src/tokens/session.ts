import type { User } from '../users/user.ts'

/** What one sign-in began: it lasts as long as its refresh token, and everything issued from it dies with it. */
export type Session = {
  readonly poolId: string
  readonly sub: string
  /** Stands in its tokens as `event_id`. */
  readonly id: string
  readonly clientId: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly revokedAt: number | null
  /** How often its refresh token has been rotated, and when last. */
  readonly generation: number
  readonly rotatedAt: number | null
}

export function isRevoked(session: Session, user: User): boolean {
  return session.revokedAt !== null || (user.signedOutAt !== null && session.createdAt <= user.signedOutAt)
}
