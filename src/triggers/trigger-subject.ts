import type { JsonObject, TriggerCall } from './trigger.ts'

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
