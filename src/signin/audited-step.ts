import type { AuditedCall, AuditedChange } from '../audit/audited-caller.ts'
import type { Db } from '../storage/db.ts'
import { findUserByName } from '../users/user-repository.ts'
import type { PoolAndClient, StepResult } from './sign-in.ts'

/** The audit record of a call of the admin API, with the flow or challenge of the call in its detail. */
export function auditOfStep(audit: AuditedCall, step: string): AuditedCall {
  const named = (change: AuditedChange): AuditedChange => ({ ...change, detail: `${step}: ${change.detail}` })
  return {
    record: (tx, change = {}) => audit.record(tx, named(change)),
    recordEarlierStep: (tx, change) => audit.recordEarlierStep(tx, named(change)),
  }
}

/** The detail of the audit record of a call that ended in tokens. */
export const tokensIssued = 'tokens were issued'

/**
 * Stores the record of a call that ended in a challenge, in a transaction of its own. A call that ended in tokens is left out: its record
 * was stored together with the session.
 */
export async function recordChallenge(
  { db, audit }: { readonly db: Db; readonly audit: AuditedCall },
  { pool }: PoolAndClient,
  username: string | undefined,
  result: StepResult,
): Promise<void> {
  if (result.kind === 'signed-in') return
  const user = username === undefined ? undefined : await findUserByName(db, pool, username)
  await db.transaction().execute((tx) => audit.record(tx, { user, detail: `challenge ${result.challenge.name}` }))
}
