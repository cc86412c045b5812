import type { MessageTemplates, Pool, TriggerName } from '../pool.ts'

/**
 * What a pool can have that Cognito's pools have not. Without any of it a pool behaves as at Cognito. UpdateUserPool leaves it alone,
 * so that programs which only know Cognito's settings (Terraform, say) do not take it away.
 */
export type PoolExtensions = {
  readonly triggers: Readonly<Partial<Record<TriggerName, TriggerPolicy>>>
  readonly customAuth: CustomAuthExtension
  readonly signUp: SignUpExtension
  readonly messages: MessagesExtension
  readonly testUsers: readonly TestUser[]
}

/** How a trigger's function is treated when it is slow or fails. */
export type TriggerPolicy = {
  readonly timeoutMs: number
  /** Further attempts after one that got no answer; a function that answered with an error is not asked again. */
  readonly retries: number
  /**
   * What a failure means. CONTINUE passes over each, as if there were no trigger: also over an error that the function throws, by which a
   * PreSignUp or PreAuthentication function turns somebody away. CONTINUE_UNLESS_REFUSED passes over the rest.
   */
  readonly onError: 'FAIL' | 'CONTINUE' | 'CONTINUE_UNLESS_REFUSED' | 'LAST_GOOD'
  /** After so many failures in a row the function is left alone for a while. Undefined: it is asked each time. */
  readonly circuitBreaker: { readonly failures: number; readonly openSeconds: number } | undefined
}

export type CustomAuthExtension = {
  /** Whether a custom sign-in that has verified the password goes on to the pool's MFA before its own challenges. */
  readonly mfaAfterPassword: 'REQUIRED' | 'SKIPPED'
  /** Whether wrong answers to custom challenges lock the user, as wrong codes do. Undefined in pools from before this could be set: they do not. */
  readonly wrongAnswers?: 'UNLIMITED' | 'LOCK_OUT' | undefined
}

export type SignUpExtension = {
  /** Whether SignUp answers every client with a Session by which a mistyped address can be corrected. */
  readonly contactCorrection: boolean
  /** After so many hours without confirmation somebody who signed up is forgotten. Undefined: never. */
  readonly unconfirmedLifetimeHours: number | undefined
}

/** The kinds of messages, by what follows `CustomMessage_` in the source of that trigger. */
export const messageKinds = [
  'SignUp',
  'ResendCode',
  'ForgotPassword',
  'UpdateUserAttribute',
  'VerifyUserAttribute',
  'AdminCreateUser',
  'Authentication',
] as const
export type MessageKindName = (typeof messageKinds)[number]

export type MessagesExtension = {
  /** Kinds that are not sent; their codes are made all the same. */
  readonly suppress: readonly MessageKindName[]
  /** By the locale of the users they are for, such as `de` or `pt-BR`. */
  readonly templates: Readonly<Record<string, LocalizedTemplates>>
  readonly maxPerDay: number | undefined
  readonly maxPerRecipientPerHour: number | undefined
  /** FAIL: the call that caused a message waits for it and fails when the far end refuses it. */
  readonly onRefusal: 'IGNORE' | 'FAIL'
}

/** Texts in one language. What is not among them comes from the pool's own templates. */
export type LocalizedTemplates = Omit<MessageTemplates, 'verifyBy'>

/** A user for automated tests: every code for them is this one, and none is sent. */
export type TestUser = {
  /** As it is stored: in lower case where the pool ignores case. */
  readonly username: string
  /** Sealed for the pool. */
  readonly sealedCode: string
}

export const noExtensions: PoolExtensions = {
  triggers: {},
  customAuth: { mfaAfterPassword: 'REQUIRED', wrongAnswers: 'UNLIMITED' },
  signUp: { contactCorrection: false, unconfirmedLifetimeHours: undefined },
  messages: { suppress: [], templates: {}, maxPerDay: undefined, maxPerRecipientPerHour: undefined, onRefusal: 'IGNORE' },
  testUsers: [],
}

export function extensionsOf(pool: Pick<Pool, 'extensions'>): PoolExtensions {
  return pool.extensions ?? noExtensions
}
