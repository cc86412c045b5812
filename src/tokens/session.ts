import type { User } from '../users/user.ts'

/**
 * What one sign-in began. All tokens issued from a session end with it. The session lasts as long as its refresh token, or as its first
 * access token if that one is valid for longer.
 */
export type Session = {
  readonly poolId: string
  readonly sub: string
  /** The tokens of the session carry this id as `event_id`. */
  readonly id: string
  readonly clientId: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly revokedAt: number | null
  /** How often the refresh token has been rotated. */
  readonly generation: number
  /** When the refresh token was last rotated, in epoch milliseconds; null before the first rotation. */
  readonly rotatedAt: number | null
  /** The user's `signedOutAt` when the sign-in read the user. */
  readonly userSignedOutAt: number | null
  /** The last use of the session; null when the pool did not track sessions as this session began. */
  readonly activity: Activity | null
  /** The device that the session was begun on, or the key of a device to be confirmed; null where the pool did not track devices. */
  readonly deviceKey: string | null
}

/** When a session was last used, from which address and with which kind of device. */
export type Activity = {
  readonly lastActiveAt: number
  /** The browser and the system, such as `Chrome 125 / macOS 15.0`: see `deviceTypeOf`. */
  readonly device: string
  readonly ip: string | null
}

/** The device that a session was begun on, in pools that track devices. */
export type SessionDevice = {
  readonly key: string
  readonly groupKey: string
  /** False for a new device: the client receives its key and may confirm it (ConfirmDevice). */
  readonly isConfirmed: boolean
}

/**
 * Whether the session was ended before its expiry. A session records which sign-out was the user's last one when its sign-in
 * read the user. If the user's last sign-out is another one now, the session has ended. Times are not compared: the clocks of two processes
 * differ, and a sign-out may be committed between a sign-in's read of the user and the end of that sign-in.
 */
export function isRevoked(session: Session, user: User): boolean {
  return session.revokedAt !== null || session.userSignedOutAt !== user.signedOutAt
}
