import { clientMetadataOf, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

/** The operation that changes the attributes. */
export type UpdatingOperation = 'UpdateUserAttributes' | 'DeleteUserAttributes' | 'AdminUpdateUserAttributes' | 'AdminDeleteUserAttributes'

type PreUpdateUserAttributesRequest = {
  /** The attributes as they are now. */
  readonly userAttributes: Texts
  /** The attributes of the request. An empty value deletes the attribute. */
  readonly changes: Texts
  readonly clientMetadata: Texts | undefined
}

/**
 * Invokes PreUpdateUserAttributes before attributes of a user change. The function refuses the change by an error, which is then thrown
 * here. An attribute that is set to an empty value is shown as deleted, so that the function sees every deletion in the same form.
 */
export async function invokePreUpdateUserAttributes(
  triggers: Triggers,
  subject: TriggerSubject,
  operation: UpdatingOperation,
  { userAttributes, changes, clientMetadata }: PreUpdateUserAttributesRequest,
): Promise<void> {
  const newAttributes = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== ''))
  const deletedAttributes = Object.keys(changes).filter((name) => changes[name] === '')
  const source = `PreUpdateUserAttributes_${operation}`
  const request = { userAttributes, newAttributes, deletedAttributes, ...clientMetadataOf({ clientMetadata }) }
  await triggers.invoke({ ...subject, trigger: 'PreUpdateUserAttributes', source, request, response: {} }, () => undefined)
}
