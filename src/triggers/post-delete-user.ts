import type { DeletingOperation } from './pre-delete-user.ts'
import type { Texts, TriggerSubject, Triggers } from './trigger.ts'

type PostDeleteUserRequest = {
  /** The attributes that the user had. */
  readonly userAttributes: Texts
  /** Until when the user can be restored, in epoch milliseconds. Undefined when the user is gone for good. */
  readonly restorableUntil: number | undefined
}

/**
 * Invokes PostDeleteUser after the deletion was stored. When the function fails, the caller gets its error, but the user stays deleted. The
 * response is not used.
 * @NOTE The `sub` of the subject is undefined. Otherwise the record of the invocation would be dropped like all records of a deleted user,
 * and a call that failed could not be found or replayed.
 */
export async function invokePostDeleteUser(
  triggers: Triggers,
  subject: TriggerSubject & { readonly sub: undefined },
  operation: DeletingOperation,
  { userAttributes, restorableUntil }: PostDeleteUserRequest,
): Promise<void> {
  const restorable = restorableUntil === undefined ? {} : { restorableUntil: new Date(restorableUntil).toISOString() }
  const source = `PostDeleteUser_${operation}`
  const request = { userAttributes, ...restorable }
  await triggers.invoke({ ...subject, trigger: 'PostDeleteUser', source, request, response: {} }, () => undefined)
}
