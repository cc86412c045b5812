import { clientMetadataOf, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

export type ConfirmationSource = 'PostConfirmation_ConfirmSignUp' | 'PostConfirmation_ConfirmForgotPassword'

/**
 * Invokes PostConfirmation after the confirmation was stored. When the function fails, the caller gets its error, but the user stays
 * confirmed. The response is not used.
 */
export async function invokePostConfirmation(
  triggers: Triggers,
  subject: TriggerSubject,
  source: ConfirmationSource,
  details: { readonly userAttributes: Texts; readonly clientMetadata: Texts | undefined },
): Promise<void> {
  const request = { userAttributes: details.userAttributes, ...clientMetadataOf(details) }
  await triggers.invoke({ ...subject, trigger: 'PostConfirmation', source, request, response: {} }, () => undefined)
}
