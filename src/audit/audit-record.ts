import type { IamCaller } from '../contract/operation.ts'

/** An administrator's action that is to be recorded. */
export type AuditInput = {
  readonly poolId: string
  /** The operation's name. */
  readonly action: string
  readonly caller: IamCaller
  /** The user whom the action is about. Undefined when the action is about the pool. */
  readonly user?: { readonly sub: string; readonly username: string } | undefined
  /** What exactly was done. @NOTE The text must never contain a code or another secret. */
  readonly detail?: string | undefined
  /** The reason that the caller gave. */
  readonly reason?: string | undefined
}

/** A record that an administrator used a sensitive permission. */
export type AuditRecord = {
  readonly poolId: string
  /** The id of the record. Sorted by id, records are in the order of time. */
  readonly id: string
  readonly at: number
  readonly action: string
  readonly accessKeyId: string | undefined
  readonly sub: string | undefined
  readonly username: string | undefined
  readonly detail: string | undefined
  readonly reason: string | undefined
}
