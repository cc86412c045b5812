import { clientMetadataOf, hasTrigger, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

type PostAuthenticationRequest = {
  readonly userAttributes: Texts
  /** Whether the pool tracks devices and has not seen this device before. */
  readonly newDeviceUsed: boolean
  readonly clientMetadata: Texts | undefined
}

/**
 * Invokes PostAuthentication after the last proof of a sign-in. The response is not used, but an error of the function rejects the sign-in.
 */
export async function invokePostAuthentication(
  triggers: Triggers,
  subject: TriggerSubject,
  { userAttributes, newDeviceUsed, clientMetadata }: PostAuthenticationRequest,
): Promise<void> {
  if (!hasTrigger(subject.pool, 'PostAuthentication')) return
  const request = { userAttributes, newDeviceUsed, ...clientMetadataOf({ clientMetadata }) }
  const source = 'PostAuthentication_Authentication'
  await triggers.invoke({ ...subject, trigger: 'PostAuthentication', source, request, response: {} }, () => undefined)
}
