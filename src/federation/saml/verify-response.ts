import type { Clock } from '../../base/clock.ts'
import type { ProviderExtension } from '../../pools/extensions/federation-extension.ts'
import { FederationError } from '../federation-error.ts'
import { checkEncrypted, requireGoodEncryption } from './encrypted-assertion.ts'
import type { SamlMetadata } from './identity-provider-metadata.ts'
import { elementsIn, namespaces, readXml } from './read-xml.ts'
import {
  type CheckedAssertion,
  checkAssertion,
  decodeResponse,
  type ExpectedAssertion,
  requireOneAssertion,
  requireOneEncrypted,
  requireSuccess,
} from './response-checks.ts'
import { createSamlClient } from './saml-client.ts'
import { invalidResponse } from './saml-errors.ts'
import type { SamlProfile } from './saml-library.ts'
import { requirePlainSignatures } from './signature-form.ts'

type ExpectedResponse = Omit<ExpectedAssertion, 'entityId' | 'now'> & {
  readonly metadata: SamlMetadata
  /** Our name as a service provider: the audience of the assertion. */
  readonly ownId: string
  /** The address that a response may name as its destination. Undefined: any. */
  readonly destination: string | undefined
  /** The id of our request. Undefined where we sent none. */
  readonly requestId: string | undefined
  /** PEM. With a key, the assertion has to be encrypted; without one it must not be. */
  readonly decryptionKey: string | undefined
  readonly encryption: ProviderExtension['assertionEncryption']
}

export type VerifiedResponse = CheckedAssertion & { readonly profile: SamlProfile }

/**
 * Verifies a SAMLResponse of a provider (SAML 2.0 Profiles §4.1.4). The caller has to see to replays.
 *
 * @throws FederationError when the response is not good.
 */
export async function verifySamlResponse(clock: Clock, encoded: string | undefined, expected: ExpectedResponse): Promise<VerifiedResponse> {
  const { metadata, ownId, requestId, decryptionKey } = expected
  const root = await readXml(decodeResponse(encoded))
  requireSuccess(root)
  requirePlainSignatures(root)
  requireOneEncrypted(root)
  requireOneAssertion(root)
  const destination = root.getAttribute('Destination')
  const isElsewhere = destination && expected.destination !== undefined && destination !== expected.destination
  if (isElsewhere) throw invalidResponse('the Destination is another address')
  const [encrypted] = elementsIn(root, namespaces.assertion, 'EncryptedAssertion')
  if (decryptionKey !== undefined && encrypted === undefined) throw invalidResponse('the assertion is not encrypted')
  requireGoodEncryption(root, expected.encryption)
  const assertionConsumerUrl = expected.recipients[0] ?? ''
  const saml = await createSamlClient(clock, { ownId, metadata, assertionConsumerUrl, requestId, signingKey: undefined, decryptionKey })
  const profile = await explaining(decryptionKey !== undefined, async () => {
    if (decryptionKey !== undefined && encrypted !== undefined) await checkEncrypted(encrypted, { saml, decryptionKey, requestId })
    return (await saml.validatePostResponseAsync({ SAMLResponse: encoded ?? '' })).profile
  })
  const assertionXml = profile?.getAssertionXml?.()
  if (profile === null || assertionXml === undefined || !profile.nameID) throw invalidResponse('the assertion names nobody')
  const { recipients, mayAnswer, mostAgeMs } = expected
  const { entityId } = metadata
  const checked = await checkAssertion(assertionXml, { entityId, recipients, mayAnswer, mostAgeMs, now: clock.now() })
  // The library reads the assertion with another parser. The two have to agree on the user.
  if (checked.subject.nameId !== profile.nameID) throw invalidResponse('the NameID is not one text')
  return { ...checked, profile }
}

/** The attributes of the assertion by their names: text, or a list where an attribute has several values. */
export function attributesOf(profile: SamlProfile): Readonly<Record<string, unknown>> {
  const attributes = (profile['attributes'] ?? {}) as Readonly<Record<string, unknown>>
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null))
}

/** The library's messages are in its own words; the texts that Cognito is known for stand in their place. */
async function explaining<T>(isEncrypted: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    // One text for all: several would tell an attacker who changes the ciphertext what is in it (padding oracle).
    if (isEncrypted) throw invalidResponse('the encrypted assertion cannot be used', cause)
    if (cause instanceof FederationError) throw cause
    const message = cause instanceof Error ? cause.message : ''
    if (/signature/i.test(message)) throw invalidResponse('SAML Response signature is invalid', cause)
    if (/audience/i.test(message)) throw invalidResponse('Audience restriction is not met', cause)
    if (/expired|not yet valid|subject confirmation/i.test(message)) throw invalidResponse('the assertion is not valid at this time', cause)
    if (/InResponseTo/i.test(message)) throw invalidResponse('the response does not answer our request', cause)
    throw new FederationError('Error in SAML response processing', { error: 'server_error', cause })
  }
}
