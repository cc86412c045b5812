import type { LocalizedTemplates, MessageKindName } from '../message-templates.ts'
import type { TriggerName, TriggerPolicy } from '../trigger-settings.ts'

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

export function extensionsOf(pool: { readonly extensions: PoolExtensions | undefined }): PoolExtensions {
  return pool.extensions ?? noExtensions
}
