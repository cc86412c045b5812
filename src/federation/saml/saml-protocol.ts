import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { getSamlKey } from '../../pools/signing-certificate/signing-certificate.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import type { CertificateWatch } from '../certificate-watch.ts'
import { type FederatedIdentity, textOfClaim } from '../federated-identity.ts'
import { hashOf } from '../hash.ts'
import type { ProviderProtocol, ReceivedAnswer } from '../provider.ts'
import { expiryOfCertificate, requireCurrent } from './identity-provider-metadata.ts'
import type { SamlMetadataSource } from './metadata-source.ts'
import { unsolicitedMs } from './response-checks.ts'
import { createSamlClient, serviceProviderId } from './saml-client.ts'
import { invalidResponse } from './saml-errors.ts'
import { beginSamlLogout, finishSamlLogout } from './saml-logout.ts'
import { attributesOf, type VerifiedResponse, verifySamlResponse } from './verify-response.ts'

type Deps = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly metadata: SamlMetadataSource
  readonly certificates: Pick<CertificateWatch, 'note'>
}

/** Sign-in by SAML 2.0 with `@node-saml/node-saml`: requests by HTTP-Redirect, responses by HTTP-POST. */
export function createSamlProtocol(deps: Deps): ProviderProtocol {
  return {
    async begin({ poolId, provider, redirectUri, state, nonce, mostAgeSeconds }) {
      // An XML ID begins with a letter or an underscore.
      const requestId = `_${randomBytes(20).toString('hex')}`
      const isSigned = provider.config.details['RequestSigningAlgorithm'] !== undefined
      const own = isSigned ? await getSamlKey(deps, poolId, 'signing') : undefined
      const metadata = await watchedMetadataOf(deps, poolId, provider)
      deps.certificates.note('own', [poolId], own && expiryOfCertificate(own.certificate))
      const saml = await createSamlClient(deps.clock, {
        ownId: serviceProviderId(poolId),
        metadata,
        assertionConsumerUrl: redirectUri,
        requestId,
        // SAML knows no age of a sign-in, only a new one (Core §3.4.1).
        forcesSignIn: mostAgeSeconds !== undefined,
        signingKey: own?.privateKey,
        decryptionKey: undefined,
      })
      return { location: await saml.getAuthorizeUrlAsync(state, undefined, {}), proof: { redirectUri, state, nonce, requestId } }
    },

    async finish(provider, received) {
      const { poolId } = received
      const assertion = await verifyAnswer(deps, provider, received)
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

/** Also metadata that has ended is noted: the operator has to replace it. What is at a URL is the provider's to renew. */
async function watchedMetadataOf({ metadata, certificates, clock }: Deps, poolId: string, provider: IdentityProvider) {
  const found = await metadata.inspect(provider)
  certificates.note('provider', [poolId, provider.id], found.certificatesExpireAt)
  certificates.note('metadata', [poolId, provider.id], provider.config.details['MetadataFile'] ? found.validUntil : undefined)
  return requireCurrent(found, clock.now())
}

async function verifyAnswer(deps: Deps, provider: IdentityProvider, { poolId, proof, answer, assertionEncryption }: ReceivedAnswer) {
  const isEncrypted = provider.config.details['EncryptedResponses'] === 'true'
  const decryptionKey = isEncrypted ? (await getSamlKey(deps, poolId, 'encryption')).privateKey : undefined
  const metadata = await deps.metadata.of(provider)
  const { requestId, redirectUri } = proof
  const verified = await verifySamlResponse(deps.clock, answer.get('SAMLResponse'), {
    metadata,
    ownId: serviceProviderId(poolId),
    destination: redirectUri,
    recipients: [redirectUri],
    requestId,
    mayAnswer: (id) => id === requestId,
    mostAgeMs: requestId === undefined ? unsolicitedMs : undefined,
    decryptionKey,
    encryption: assertionEncryption,
  })
  return { ...verified, identity: identityOf(provider, metadata.entityId, verified) }
}

function identityOf(
  provider: IdentityProvider,
  issuer: string,
  { profile, subject, authenticatedAt }: VerifiedResponse,
): FederatedIdentity {
  const claims = Object.fromEntries(Object.entries(attributesOf(profile)).map(([name, value]) => [name, textOfClaim(value)]))
  // Four-byte characters are refused, as at Cognito.
  if (Object.values(claims).some((text) => /[\u{10000}-\u{10ffff}]/u.test(text)))
    throw invalidResponse('an attribute has a character that is not allowed')
  const session = { providerName: provider.id, subject }
  return { provider, subject: subject.nameId, issuer, claims, received: { samlResponse: claims }, authenticatedAt, session }
}
