import type { JsonObject, Texts, TriggerSubject, Triggers } from './trigger.ts'

/** What an identity provider said of a user, as the event shows it. */
type InboundFederationRequest = {
  readonly providerName: string
  readonly providerType: string
  /** `tokenResponse`, `idToken` and `userInfo` of an OAuth provider, or `samlResponse`. */
  readonly attributes: JsonObject
}

/**
 * Invokes InboundFederation at each sign-in by an identity provider, before the user is created or changed. Returns the claims that take the
 * place of the provider's. Undefined when the provider's claims stay: without the trigger, and when the function returns an empty map.
 */
export async function invokeInboundFederation(
  triggers: Triggers,
  subject: TriggerSubject,
  { providerName, providerType, attributes }: InboundFederationRequest,
): Promise<Texts | undefined> {
  const request = { providerName, providerType, attributes }
  const source = 'InboundFederation_ExternalProvider'
  const call = { ...subject, trigger: 'InboundFederation', source, request, response: { userAttributesToMap: {} } } as const
  const claims = await triggers.invoke(call, (answer) => answer.textMap('userAttributesToMap') ?? {})
  return claims === undefined || Object.keys(claims).length === 0 ? undefined : claims
}
