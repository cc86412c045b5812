import type { Pool } from '../pools/pool.ts'
import type { TriggerName } from '../pools/trigger-settings.ts'
import type { AnswerReader } from './answer-reader.ts'

/** A JSON object, such as an event or a part of one. */
export type JsonObject = { readonly [key: string]: unknown }

/** One question to a pool's own code. */
export type TriggerCall = {
  readonly pool: Pool
  readonly trigger: TriggerName
  /** What the trigger fires for, such as `PreSignUp_AdminCreateUser`. */
  readonly source: string
  /** Undefined where an administrator acts without an app client. */
  readonly clientId: string | undefined
  /** The `userName` of the event. */
  readonly username: string
  /** The user it is about; undefined when there is none (yet). */
  readonly sub: string | undefined
  /** What the caller says it is made with. */
  readonly userAgent: string | undefined
  readonly request: JsonObject
  /** The `response` as it goes out, for the function to fill in. */
  readonly response: JsonObject
  /** Ends the question, however often it might still be put. */
  readonly signal?: AbortSignal | undefined
}

/** Runs the pools' own code. */
export type Triggers = {
  /**
   * What `read` makes of the function's answer. Undefined when the pool has no such trigger, or has one that failed and may be passed
   * over. Throws UserLambdaValidationException, UnexpectedLambdaException or InvalidLambdaResponseException.
   * @NOTE Never inside a transaction: it takes as long as somebody else's code does.
   */
  invoke<Answer>(call: TriggerCall, read: (response: AnswerReader) => Answer): Promise<Answer | undefined>
  /**
   * Takes as long as asking took lately, and asks nobody: for somebody who does not exist, where that must not show. A process that has
   * not asked the function yet does not wait.
   */
  simulateInvocation(pool: Pool, trigger: TriggerName): Promise<void>
}

/** Whether the pool has set this trigger up at all. */
export function hasTrigger(pool: Pick<Pool, 'triggers'>, name: TriggerName): boolean {
  return pool.triggers.byName[name] !== undefined
}

export type Texts = Readonly<Record<string, string>>

/** Whom an event is about, and through which client and program it came about. */
export type TriggerSubject = Pick<TriggerCall, 'pool' | 'clientId' | 'username' | 'sub' | 'userAgent'>

/** What trigger functions may know of the API call that leads to them. */
export type CallerContext = {
  /** Undefined when an administrator acts without an app client. */
  readonly clientId: string | undefined
  /** Undefined when the operation takes none, or the request has none. */
  readonly clientMetadata: Texts | undefined
  /** The User-Agent header of the call. */
  readonly userAgent: string | undefined
}

/** `client` is undefined when an administrator acts without one; `clientMetadata` when the operation takes none, or the request has none. */
export function callerContextOf(
  client: { readonly id: string } | undefined,
  { userAgent }: { readonly userAgent: string | undefined },
  clientMetadata: Texts | undefined,
): CallerContext {
  return { clientId: client?.id, clientMetadata, userAgent }
}

/** Absent rather than empty when the caller sent none. */
export function clientMetadataOf({ clientMetadata }: { readonly clientMetadata: Texts | undefined }): JsonObject {
  return clientMetadata === undefined ? {} : { clientMetadata }
}
