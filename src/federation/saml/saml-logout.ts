import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { getSamlKey } from '../../pools/signing-certificate/signing-certificate.ts'
import type { Db } from '../../storage/db.ts'
import type { BegunLogout, LogoutAnswer, ProviderLogoutRequest } from '../provider.ts'
import type { SamlMetadata } from './identity-provider-metadata.ts'
import type { SamlMetadataSource } from './metadata-source.ts'
import { elementsIn, namespaces, readXml } from './read-xml.ts'
import { readSignedRedirect } from './redirect-signature.ts'
import { decodeResponse } from './response-checks.ts'
import { createSamlClient, serviceProviderId } from './saml-client.ts'
import { invalidLogout } from './saml-errors.ts'
import { signedXmlIn } from './signed-xml.ts'

type Deps = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock; readonly metadata: SamlMetadataSource }

/** A LogoutRequest by HTTP-Redirect (SAML 2.0 Profiles §4.4). It is signed whatever RequestSigningAlgorithm says, as at Cognito. */
export async function beginSamlLogout(deps: Deps, request: ProviderLogoutRequest): Promise<BegunLogout | undefined> {
  const { poolId, provider, session, returnUri, state } = request
  const { subject } = session
  const metadata = await deps.metadata.of(provider)
  if (subject === undefined || metadata.logoutUrl === undefined) return undefined
  const requestId = `_${randomBytes(20).toString('hex')}`
  const saml = await createSamlClient(deps.clock, {
    ownId: serviceProviderId(poolId),
    metadata,
    assertionConsumerUrl: returnUri,
    requestId,
    signingKey: (await getSamlKey(deps, poolId, 'signing')).privateKey,
    decryptionKey: undefined,
  })
  const { nameId: nameID, format: nameIDFormat, ...rest } = subject
  return { location: await saml.getLogoutUrlAsync({ nameID, nameIDFormat, ...rest }, state, {}), requestId }
}

/**
 * Verifies a LogoutResponse (SAML 2.0 Profiles §4.4.4.2). It has to be signed: else any page could end the wait of a browser.
 *
 * @throws FederationError when it is not of this provider, or does not answer our request.
 */
export async function finishSamlLogout(deps: Deps, provider: IdentityProvider, received: LogoutAnswer): Promise<string | undefined> {
  const metadata = await deps.metadata.of(provider)
  const root = await readXml(
    received.query === undefined
      ? await signedXmlIn(decodeResponse(received.answer.get('SAMLResponse')), metadata)
      : redirectedXmlOf(metadata, received),
  )
  if (root.localName !== 'LogoutResponse' || root.namespaceURI !== namespaces.protocol) throw invalidLogout('the XML is no LogoutResponse')
  const [issuer] = elementsIn(root, namespaces.assertion, 'Issuer')
  if (issuer?.textContent?.trim() !== metadata.entityId) throw invalidLogout('it is of another issuer')
  if (!received.requestId || root.getAttribute('InResponseTo') !== received.requestId) throw invalidLogout('it does not answer our request')
  const destination = root.getAttribute('Destination')
  if (destination && destination !== received.returnUri) throw invalidLogout('the Destination is another address')
  const [code] = elementsIn(root, namespaces.protocol, 'StatusCode')
  const status = code?.getAttribute('Value')?.replace(/^.*:/, '').slice(0, 100)
  return status === 'Success' ? undefined : `SAML provider returned ${status || 'no status'}`
}

function redirectedXmlOf({ certificates }: SamlMetadata, { query, state }: LogoutAnswer): string {
  const { xml, relayState } = readSignedRedirect(query ?? '', 'SAMLResponse', certificates)
  if (relayState !== state) throw invalidLogout('the RelayState is another one')
  return xml
}
