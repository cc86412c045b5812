import type { IamCaller } from '../contract/operation.ts'

/** What an administrator does, as it is to be recorded. */
export type AuditInput = {
  readonly poolId: string
  /** The operation's name. */
  readonly action: string
  readonly caller: IamCaller
  /** The user it is about; undefined when it is about the pool. */
  readonly user?: { readonly sub: string; readonly username: string } | undefined
  /** What exactly was done. @NOTE It never contains a code or another secret. */
  readonly detail?: string | undefined
  /** The reason that the caller gave. */
  readonly reason?: string | undefined
}

/** A record of an administrator's use of a sensitive power. */
export type AuditRecord = {
  readonly poolId: string
  /** Sorts by time. */
  readonly id: string
  readonly at: number
  readonly action: string
  readonly accessKeyId: string | undefined
  readonly sub: string | undefined
  readonly username: string | undefined
  readonly detail: string | undefined
  readonly reason: string | undefined
}
