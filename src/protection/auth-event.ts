/** One sign-up, sign-in, password change or recovery of a user, or by somebody in the user's name. Threat protection looks at them. */
export type AuthEvent = {
  readonly poolId: string
  readonly sub: string
  /** A UUIDv7. The tokens of a successful sign-in have it as `event_id`. */
  readonly id: string
  readonly type: 'SignIn' | 'SignUp' | 'ForgotPassword' | 'PasswordChange' | 'ResendCode'
  readonly response: 'Pass' | 'Fail' | 'InProgress'
  /** The time of its latest step, in epoch milliseconds. */
  readonly createdAt: number
  readonly details: AuthEventDetails
  readonly feedback: AuthEventFeedback | undefined
}

export type AuthEventDetails = {
  readonly clientId: string | undefined
  /** The challenges, and whether the answer to each was correct. */
  readonly challenges: readonly AnsweredChallenge[]
  readonly ip: string | undefined
  /** The device type, from the User-Agent. */
  readonly device: string
}

export type AnsweredChallenge = { readonly name: 'Password' | 'Mfa'; readonly isPassed: boolean }

/** The statement of the user or an administrator whether the event was the user's own doing. */
export type AuthEventFeedback = {
  readonly value: 'Valid' | 'Invalid'
  readonly provider: 'Admin' | 'User'
  readonly at: number
}
