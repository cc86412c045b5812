import type { IamCaller } from '../contract/operation.ts'

/** What an administrator does, to be kept with who did it. */
export type Act = {
  readonly poolId: string
  /** The operation's name. */
  readonly action: string
  readonly caller: IamCaller
  /** Whom it is about; undefined where it is about the pool. */
  readonly user?: { readonly sub: string; readonly username: string } | undefined
  /** What exactly was done. @NOTE Never a code or another secret. */
  readonly detail?: string | undefined
  /** What the caller gave as the reason. */
  readonly reason?: string | undefined
}

/** An act as it is kept. */
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
