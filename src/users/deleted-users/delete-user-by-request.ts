import type { AuditedCall } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { InvocationRecorder } from '../../triggers/invocations/invocation-recorder.ts'
import { invokePostDeleteUser } from '../../triggers/post-delete-user.ts'
import { type DeletingOperation, invokePreDeleteUser } from '../../triggers/pre-delete-user.ts'
import type { CallerContext, Triggers } from '../../triggers/trigger.ts'
import type { User } from '../user.ts'
import { requireAttributesAsSeen, triggerAttributesOf, triggerSubjectOf } from '../user-triggers.ts'
import { removeUser } from './remove-user.ts'

export type DeleteUserDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly triggers: Triggers
  readonly invocations: Pick<InvocationRecorder, 'flush'>
}

type Deletion = {
  readonly pool: Pool
  /** The user as found, before the trigger function ran. */
  readonly found: User
  readonly operation: DeletingOperation
  readonly callerContext: CallerContext
  /**
   * Locks the user that was found, and reads the current state. Throws when the deletion must not go on: the function may take its time, and
   * meanwhile another call may have deleted the user or ended the caller's session.
   */
  lock(tx: Tx, found: User): Promise<User>
  /** The audit record of the call. Undefined in the public API, whose calls leave none. */
  readonly audit: AuditedCall | undefined
}

/**
 * Deletes a user, as the user or an administrator asked for. PreDeleteUser may refuse it. PostDeleteUser learns of it after the commit: when
 * that function throws what a failing trigger throws, the user stays deleted.
 */
export async function deleteUserByRequest(
  { db, clock, triggers, invocations }: DeleteUserDeps,
  { pool, found, operation, callerContext, lock, audit }: Deletion,
): Promise<void> {
  await invokePreDeleteUser(triggers, triggerSubjectOf(pool, found, callerContext), operation, triggerAttributesOf(pool, found))
  // Records of the user's sign-up may still wait. They name no `sub`, so the deletion removes only those that it finds.
  await invocations.flush()
  const { user, restorableUntil } = await db.transaction().execute(async (tx) => {
    const locked = await lock(tx, found)
    requireAttributesAsSeen(pool, 'PreDeleteUser', found, locked)
    const removed = await removeUser(tx, pool, locked, clock.now())
    await audit?.record(tx, { user: locked })
    return { user: locked, ...removed }
  })
  const subject = { ...triggerSubjectOf(pool, user, callerContext), sub: undefined }
  await invokePostDeleteUser(triggers, subject, operation, { userAttributes: triggerAttributesOf(pool, user), restorableUntil })
}
