import { hasTrigger, type Texts, type TriggerSubject, type Triggers } from './trigger.ts'

type PreAuthenticationRequest = {
  /** Empty when the user does not exist. */
  readonly userAttributes: Texts
  /** The ClientMetadata of InitiateAuth; this trigger calls it `validationData`. */
  readonly validationData: Texts | undefined
  readonly userNotFound: boolean
}

/** Invokes PreAuthentication before a sign-in. The function rejects the sign-in by an error, which is then thrown here. */
export async function invokePreAuthentication(
  triggers: Triggers,
  subject: TriggerSubject,
  details: PreAuthenticationRequest,
): Promise<void> {
  if (!hasTrigger(subject.pool, 'PreAuthentication')) return
  const request = { ...details, validationData: details.validationData ?? null }
  const source = 'PreAuthentication_Authentication'
  await triggers.invoke({ ...subject, trigger: 'PreAuthentication', source, request, response: {} }, () => undefined)
}
