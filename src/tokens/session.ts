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
  /** The user's `signedOutAt` as the sign-in saw it. */
  readonly userSignedOutAt: number | null
  /** Its last use; null when the pool did not track sessions at its beginning. */
  readonly activity: Activity | null
  /** The device it was begun on, or the key of one to be confirmed; null where the pool did not track devices. */
  readonly deviceKey: string | null
}

/** When a session was used, from where and with what. */
export type Activity = {
  readonly lastActiveAt: number
  /** As deviceTypeOf writes it. */
  readonly device: string
  readonly ip: string | null
}

/**
 * Whether somebody ended the session before its time. It goes by whether the user has been signed out since their sign-in began, not
 * by times: those of two processes differ, and a sign-out may be committed between a sign-in's look at the user and its end.
 */
export function isRevoked(session: Session, user: User): boolean {
  return session.revokedAt !== null || session.userSignedOutAt !== user.signedOutAt
}
