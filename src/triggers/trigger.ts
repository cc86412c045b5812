import type { Pool } from '../pools/pool.ts'
import type { TriggerName } from '../pools/trigger-settings.ts'
import { triggerTargetOf } from '../pools/trigger-target.ts'
import type { AnswerReader } from './answer-reader.ts'

/** A JSON object, such as an event or a part of one. */
export type JsonObject = { readonly [key: string]: unknown }

export type Texts = Readonly<Record<string, string>>

/** What trigger functions may know of the API call that leads to them. */
export type CallerContext = {
  /** Undefined when an administrator acts without an app client. */
  readonly clientId: string | undefined
  /** Undefined when the operation takes no ClientMetadata, or when the request has none. */
  readonly clientMetadata: Texts | undefined
  /** The User-Agent header of the call. */
  readonly userAgent: string | undefined
}

/** The caller context of an API call. `client` is undefined when an administrator acts without an app client. */
export function callerContextOf(
  client: { readonly id: string } | undefined,
  { userAgent }: { readonly userAgent: string | undefined },
  clientMetadata: Texts | undefined,
): CallerContext {
  return { clientId: client?.id, clientMetadata, userAgent }
}

/** The user that an event is about, and the app client and the program that caused the event. */
export type TriggerSubject = Pick<CallerContext, 'clientId' | 'userAgent'> & {
  readonly pool: Pool
  /** The `userName` of the event. */
  readonly username: string
  /** Undefined in PreSignUp and PostDeleteUser, and for a user who does not exist. */
  readonly sub: string | undefined
}

/** One invocation of a trigger. */
export type TriggerCall = TriggerSubject & {
  readonly trigger: TriggerName
  /** The `triggerSource` of the event, such as `PreSignUp_AdminCreateUser`. */
  readonly source: string
  readonly request: JsonObject
  /** The `response` of the event as it is sent, for the function to fill in. */
  readonly response: JsonObject
  /** Ends the invocation and its retries. */
  readonly signal?: AbortSignal | undefined
}

/** Invokes the trigger functions of user pools. */
export type Triggers = {
  /**
   * Resolves with what `readResponse` makes of the function's response. When the function failed, the policy of the trigger may say to use
   * the function's last good response instead. Undefined when the pool has no such trigger, or when the function failed and the policy says
   * to continue. Otherwise, a failure is thrown:
   * @throws ApiError UserLambdaValidationException when the function reported an error.
   * @throws ApiError UnexpectedLambdaException when the function could not be invoked, or did not answer in time.
   * @throws ApiError InvalidLambdaResponseException when the answer has the wrong shape.
   * @NOTE Never call it inside a transaction: it takes as long as the function does.
   */
  invoke<Response>(call: TriggerCall, readResponse: (response: AnswerReader) => Response): Promise<Response | undefined>
  /**
   * Waits as long as a recent invocation of the trigger took, and invokes nothing. This call takes the place of an invocation about a user
   * who does not exist, so that the time does not reveal that. A process that has not invoked the function yet does not wait.
   */
  simulateInvocation(pool: Pool, trigger: TriggerName): Promise<void>
}

export function hasTrigger(pool: Pick<Pool, 'triggers' | 'extensions'>, name: TriggerName): boolean {
  return triggerTargetOf(pool, name) !== undefined
}

/** The member `clientMetadata` of an event's request. It is absent rather than empty when the caller sent none. */
export function clientMetadataOf({ clientMetadata }: { readonly clientMetadata: Texts | undefined }): JsonObject {
  return clientMetadata === undefined ? {} : { clientMetadata }
}
