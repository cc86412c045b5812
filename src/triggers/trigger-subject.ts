import type { JsonObject, TriggerCall } from './trigger.ts'

export type Texts = Readonly<Record<string, string>>

/** Whom an event is about, and through which client and program it came about. */
export type TriggerSubject = Pick<TriggerCall, 'pool' | 'clientId' | 'username' | 'sub' | 'userAgent'>

/** What a call brings along for functions: the program that made it, and its ClientMetadata. */
export type TriggerCaller = { readonly userAgent: string | undefined; readonly clientMetadata: Texts | undefined }

/** Absent rather than empty when the caller sent none. */
export function clientMetadataOf({ clientMetadata }: { readonly clientMetadata: Texts | undefined }): JsonObject {
  return clientMetadata === undefined ? {} : { clientMetadata }
}
