/** One thing a user did, or somebody in the user's name, that threat protection looks at. */
export type AuthEvent = {
  readonly poolId: string
  readonly sub: string
  /** A UUIDv7; of a sign-in that ended well it is what its tokens call `event_id`. */
  readonly id: string
  readonly type: 'SignIn' | 'SignUp' | 'ForgotPassword' | 'PasswordChange' | 'ResendCode'
  readonly response: 'Pass' | 'Fail' | 'InProgress'
  /** When its latest step was, in epoch milliseconds. */
  readonly createdAt: number
  readonly details: AuthEventDetails
  readonly feedback: AuthEventFeedback | undefined
}

export type AuthEventDetails = {
  readonly clientId: string | undefined
  /** What was asked for, and whether the answer was right. */
  readonly challenges: readonly AnsweredChallenge[]
  readonly ip: string | undefined
  /** What the user agent says it is. */
  readonly device: string
}

export type AnsweredChallenge = { readonly name: 'Password' | 'Mfa'; readonly isPassed: boolean }

/** What somebody said about an event afterwards: that it was the user, or was not. */
export type AuthEventFeedback = {
  readonly value: 'Valid' | 'Invalid'
  readonly provider: 'Admin' | 'User'
  readonly at: number
}
