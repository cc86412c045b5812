import type { Texts, TriggerSubject, Triggers } from './trigger.ts'

/** The operation that deletes the user. */
export type DeletingOperation = 'DeleteUser' | 'AdminDeleteUser'

/** Invokes PreDeleteUser before a user is deleted. The function refuses the deletion by an error, which is then thrown here. */
export async function invokePreDeleteUser(
  triggers: Triggers,
  subject: TriggerSubject,
  operation: DeletingOperation,
  userAttributes: Texts,
): Promise<void> {
  const source = `PreDeleteUser_${operation}`
  await triggers.invoke({ ...subject, trigger: 'PreDeleteUser', source, request: { userAttributes }, response: {} }, () => undefined)
}
