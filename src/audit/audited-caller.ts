import type { IamCaller } from '../contract/operation.ts'
import type { Tx } from '../storage/db.ts'

/** What a handler knows about the change that it records. Everything else in the record comes from the request. */
export type AuditedChange = {
  /** The pool, where the request does not name it in `UserPoolId`. */
  readonly poolId?: string | undefined
  /** The user that the call is about. */
  readonly user?: { readonly sub: string; readonly username: string } | undefined
  /** The id or name of what the call is about, where it is no user and the request does not name it. */
  readonly subject?: string | undefined
  /**
   * The names of the members that the change gave another value, such as `UserAttributes.email`. The function `changedMembers` finds them.
   */
  readonly changedMembers?: readonly string[] | undefined
  /** What else there is to know. @NOTE The text must never contain a code or another secret. */
  readonly detail?: string | undefined
  /** The reason that the caller gave. */
  readonly reason?: string | undefined
}

/** The audit record of one call, before it is stored. */
export type AuditedCall = {
  /**
   * Stores the record in the transaction that makes the change, so that the database has either both or neither. A handler calls it once in
   * each transaction that may be the one that commits.
   */
  record(tx: Tx, change?: AuditedChange): Promise<void>
  /**
   * Stores a record of its own for a change that stays although a later step of the call may fail, in the transaction that makes the change.
   * The call still leaves the record of its outcome.
   */
  recordEarlierStep(tx: Tx, change: AuditedChange): Promise<void>
}

/** The same record with a detail. For a change that a shared function records. */
export function withDetail(audit: AuditedCall, detail: string): AuditedCall {
  return { ...audit, record: (tx, change = {}) => audit.record(tx, { ...change, detail }) }
}

/** The caller of an operation that is audited. */
export type AuditedCaller = IamCaller & { readonly audit: AuditedCall }
