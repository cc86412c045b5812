import type { RiskAssessment } from './risk/assessment.ts'
import type { Traits } from './traits.ts'

/**
 * A sign-up, sign-in, password change or recovery, by the user or by a person who used the user's name. Only pools with threat protection
 * record auth events.
 */
export type AuthEvent = {
  readonly poolId: string
  readonly sub: string
  /** A UUIDv7. The tokens of a successful sign-in have it as `event_id`. */
  readonly id: string
  readonly type: 'SignIn' | 'SignUp' | 'ForgotPassword' | 'PasswordChange' | 'ResendCode'
  readonly response: 'Pass' | 'Fail' | 'InProgress'
  /** When the event was last updated, in epoch milliseconds: each step of a sign-in updates the event. */
  readonly createdAt: number
  readonly details: AuthEventDetails
  readonly feedback: AuthEventFeedback | undefined
}

export type AuthEventDetails = {
  readonly clientId: string | undefined
  /** The id of the request, which its answer and the server's log have as well. Undefined in events of older releases. */
  readonly requestId?: string | undefined
  /** The name of the identity provider that vouched for the user. Undefined in sign-ins without a provider. */
  readonly providerName?: string | undefined
  /** The challenges, and whether the answer to each was correct. */
  readonly challenges: readonly AnsweredChallenge[]
  readonly ip: string | undefined
  /** The browser and the system, from the User-Agent, such as `Chrome 126, Windows 10`. */
  readonly device: string
  /** Undefined in events of older releases. */
  readonly traits?: Traits | undefined
  /** Undefined where no risk was assessed. */
  readonly risk?: RiskAssessment | undefined
  /** Whether the password is known to be stolen. Undefined where it was not looked up. */
  readonly isCompromised?: boolean | undefined
}

export type AnsweredChallenge = { readonly name: 'Password' | 'Mfa'; readonly isPassed: boolean }

/** What the user or an administrator says about the event: whether the user caused it, or another person did. */
export type AuthEventFeedback = {
  readonly value: 'Valid' | 'Invalid'
  readonly provider: 'Admin' | 'User'
  readonly at: number
  /** Whether feedback on the event has ended the user's sessions. It does so once, however often feedback is given. */
  readonly hasEndedSessions?: boolean | undefined
}
