/**
 * A link that was sent to a user by e-mail, and that signs the user in. It stands for the code of EMAIL_OTP as the first factor. A user has
 * one link at a time. The link itself is not stored: a hash of its token is.
 */
export type SignInLink = {
  /** Consumed when the link is used, so that it works once. */
  readonly id: string
  readonly poolId: string
  /** The `sub` of the user, or of a decoy. */
  readonly sub: string
  readonly clientId: string
  readonly tokenHash: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly details: LinkDetails
}

export type LinkDetails = {
  /** The name that the user typed, to be shown. */
  readonly username: string
  readonly address: string
  /** The user's security stamp when the link was sent: a new password and a sign-out everywhere make the link invalid. */
  readonly securityStamp: string
  readonly origin: LinkOrigin
}

/** Where a link was asked for, and the sign-in that it continues. */
export type LinkOrigin = {
  /** The step of the browser that asked for the link. Only that browser has the step. */
  readonly stepId: string
  /** The query of the authorization request. */
  readonly query: string
  /** Whether the user wants to stay signed in on the browser that asked. */
  readonly isRemembered: boolean
  readonly ip: string | undefined
  /** Such as `Chrome 125 / macOS 15.0`; `unknown` when the browser does not say. */
  readonly deviceType: string
  /** Epoch milliseconds. */
  readonly askedAt: number
}
