import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { getSamlKey } from '../../pools/signing-certificate/signing-certificate.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import { type FederatedIdentity, textOfClaim } from '../federated-identity.ts'
import { FederationError } from '../federation-error.ts'
import { hashOf } from '../hash.ts'
import type { ProviderAnswer, ProviderProof, ProviderProtocol, SamlSubject } from '../provider.ts'
import type { SamlMetadataSource } from './metadata-source.ts'
import { elementsIn, namespaces, readXml } from './read-xml.ts'
import { checkAssertion, decodeResponse, invalidResponse, requireStrongSignatures, requireSuccess } from './response-checks.ts'
import { createSamlClient } from './saml-client.ts'
import { loadNodeSamlXml, type SamlProfile, type XmlElement } from './saml-library.ts'
import { beginSamlLogout, finishSamlLogout } from './saml-logout.ts'

type Deps = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock; readonly metadata: SamlMetadataSource }

/** Sign-in by SAML 2.0 with `@node-saml/node-saml`: requests by HTTP-Redirect, responses by HTTP-POST. */
export function createSamlProtocol(deps: Deps): ProviderProtocol {
  return {
    async begin({ poolId, provider, redirectUri, state, nonce }) {
      // An XML ID begins with a letter or an underscore.
      const requestId = `_${randomBytes(20).toString('hex')}`
      const isSigned = provider.config.details['RequestSigningAlgorithm'] !== undefined
      const saml = await createSamlClient(deps.clock, {
        poolId,
        metadata: await deps.metadata.of(provider),
        assertionConsumerUrl: redirectUri,
        requestId,
        signingKey: isSigned ? (await getSamlKey(deps, poolId, 'signing')).privateKey : undefined,
        decryptionKey: undefined,
      })
      return { location: await saml.getAuthorizeUrlAsync(state, undefined, {}), proof: { redirectUri, state, nonce, requestId } }
    },

    async finish(provider, { poolId, proof, answer }) {
      const assertion = await verifyResponse(deps, provider, { poolId, proof, answer })
      const { id, expiresAt } = assertion
      // Each assertion counts once, also when the provider sends it without being asked.
      const isNew = await consumeState(deps.db, hashOf(JSON.stringify([poolId, provider.id, id])), expiresAt)
      if (!isNew) throw invalidResponse('the assertion was used before')
      return assertion.identity
    },

    beginLogout: (request) => beginSamlLogout(deps, request),
    finishLogout: (provider, answer) => finishSamlLogout(deps, provider, answer),
  }
}

type Received = { readonly poolId: string; readonly proof: ProviderProof; readonly answer: ProviderAnswer }

async function verifyResponse(deps: Deps, provider: IdentityProvider, { poolId, proof, answer }: Received) {
  const encoded = answer.get('SAMLResponse')
  const xml = decodeResponse(encoded)
  const root = await readXml(xml)
  requireSuccess(root)
  requireStrongSignatures(root)
  const destination = root.getAttribute('Destination')
  if (destination && destination !== proof.redirectUri) throw invalidResponse('the Destination is another address')
  const mustBeEncrypted = provider.config.details['EncryptedResponses'] === 'true'
  const decryptionKey = mustBeEncrypted ? (await getSamlKey(deps, poolId, 'encryption')).privateKey : undefined
  const encrypted = elementsIn(root, namespaces.assertion, 'EncryptedAssertion')
  if (mustBeEncrypted && encrypted.length === 0) throw invalidResponse('the assertion is not encrypted')
  const metadata = await deps.metadata.of(provider)
  const { requestId, redirectUri: assertionConsumerUrl } = proof
  const saml = await createSamlClient(deps.clock, {
    poolId,
    metadata,
    assertionConsumerUrl,
    requestId,
    signingKey: undefined,
    decryptionKey,
  })
  const profile = await explaining(async () => {
    if (decryptionKey !== undefined) await checkEncrypted(encrypted, decryptionKey)
    return (await saml.validatePostResponseAsync({ SAMLResponse: encoded ?? '' })).profile
  })
  const assertionXml = profile?.getAssertionXml?.()
  if (profile === null || assertionXml === undefined || !profile.nameID) throw invalidResponse('the assertion names nobody')
  const checked = await checkAssertion(assertionXml, {
    entityId: metadata.entityId,
    assertionConsumerUrl,
    requestId,
    now: deps.clock.now(),
  })
  return { ...checked, identity: identityOf(provider, metadata.entityId, profile) }
}

/** The rules for signatures hold inside of encrypted assertions, too. */
async function checkEncrypted(encrypted: readonly XmlElement[], key: string): Promise<void> {
  const { decryptXml } = await loadNodeSamlXml()
  for (const one of encrypted) requireStrongSignatures(await readXml(await decryptXml(String(one), key)))
}

function identityOf(provider: IdentityProvider, issuer: string, profile: SamlProfile): FederatedIdentity {
  const attributes = (profile['attributes'] ?? {}) as Readonly<Record<string, unknown>>
  const present = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== null)
  const claims = Object.fromEntries(present.map(([name, value]) => [name, textOfClaim(value)]))
  // Four-byte characters are refused, as at Cognito.
  if (Object.values(claims).some((text) => /[\u{10000}-\u{10ffff}]/u.test(text)))
    throw invalidResponse('an attribute has a character that is not allowed')
  const session = { providerName: provider.id, subject: samlSubjectOf(profile) }
  return { provider, subject: profile.nameID, issuer, claims, received: { samlResponse: claims }, session }
}

function samlSubjectOf(profile: SamlProfile): SamlSubject {
  const text = (name: string) => (typeof profile[name] === 'string' ? profile[name] : undefined)
  return {
    nameId: profile.nameID,
    format: text('nameIDFormat'),
    nameQualifier: text('nameQualifier'),
    spNameQualifier: text('spNameQualifier'),
    sessionIndex: text('sessionIndex'),
  }
}

/** The library's messages are in its own words; the texts that Cognito is known for stand in their place. */
async function explaining<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof FederationError) throw cause
    const message = cause instanceof Error ? cause.message : ''
    if (/signature/i.test(message)) throw invalidResponse('SAML Response signature is invalid', cause)
    if (/audience/i.test(message)) throw invalidResponse('Audience restriction is not met', cause)
    if (/expired|not yet valid|subject confirmation/i.test(message)) throw invalidResponse('the assertion is not valid at this time', cause)
    if (/InResponseTo/i.test(message)) throw invalidResponse('the response does not answer our request', cause)
    throw new FederationError('Error in SAML response processing', { error: 'server_error', cause })
  }
}
