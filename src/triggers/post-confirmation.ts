import { clientMetadataOf, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

export type ConfirmationSource = 'PostConfirmation_ConfirmSignUp' | 'PostConfirmation_ConfirmForgotPassword'

type Facts = { readonly userAttributes: Texts; readonly clientMetadata: Texts | undefined }

/**
 * Tells the pool's own code of what has been stored already. When it fails, the caller hears of it, and the user stays confirmed. Its
 * answer says nothing.
 */
export async function invokePostConfirmation(
  triggers: Triggers,
  subject: TriggerSubject,
  source: ConfirmationSource,
  facts: Facts,
): Promise<void> {
  const request = { userAttributes: facts.userAttributes, ...clientMetadataOf(facts) }
  await triggers.invoke({ ...subject, trigger: 'PostConfirmation', source, request, response: {} }, () => undefined)
}
