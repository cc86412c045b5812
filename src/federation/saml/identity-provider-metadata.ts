import { FederationError } from '../federation-error.ts'
import { elementsIn, namespaces, readXml } from './read-xml.ts'
import type { XmlElement } from './saml-library.ts'

/** What the metadata of a SAML identity provider says (SAML 2.0 Metadata §2.4.3). */
export type SamlMetadata = {
  readonly entityId: string
  /** Where requests go, by HTTP-Redirect. */
  readonly signOnUrl: string
  /** Where logout requests go, by HTTP-Redirect. */
  readonly logoutUrl: string | undefined
  /** The certificates of the keys that sign answers, DER in base64. */
  readonly certificates: readonly string[]
  /** When the metadata ends, in epoch milliseconds. */
  readonly validUntil: number | undefined
}

const redirectBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const mostCertificates = 20
/** As at Cognito. */
const mostCertificateCharacters = 4096
/** Of an entity id (SAML 2.0 Core §8.3.6). Addresses may be twice as long. */
const mostIdCharacters = 1024

/**
 * Reads the metadata of one identity provider.
 *
 * @throws FederationError when it is no such metadata, or lacks what a sign-in needs.
 */
export async function readSamlMetadata(text: string): Promise<SamlMetadata> {
  const root = await readXml(text)
  const descriptor = [root, ...elementsIn(root, namespaces.metadata, 'EntityDescriptor')].find(
    (entity) => entity.localName === 'EntityDescriptor' && elementsIn(entity, namespaces.metadata, 'IDPSSODescriptor').length > 0,
  )
  const [role] = descriptor === undefined ? [] : elementsIn(descriptor, namespaces.metadata, 'IDPSSODescriptor')
  const entityId = descriptor?.getAttribute('entityID')
  if (descriptor === undefined || role === undefined || !entityId) throw unusable('it describes no identity provider')
  if (entityId.length > mostIdCharacters) throw unusable(`its entity id has more than ${mostIdCharacters} characters`)
  const signOnUrl = locationIn(role, 'SingleSignOnService')
  if (signOnUrl === undefined) throw unusable('it has no SingleSignOnService with the binding HTTP-Redirect')
  const certificates = certificatesIn(role)
  if (certificates.length === 0) throw unusable('it has no certificate for signatures')
  const until = Date.parse(descriptor.getAttribute('validUntil') ?? '')
  return {
    entityId,
    signOnUrl,
    logoutUrl: locationIn(role, 'SingleLogoutService'),
    certificates,
    validUntil: Number.isNaN(until) ? undefined : until,
  }
}

const unusable = (reason: string) => new FederationError(`The metadata of the identity provider cannot be used: ${reason}.`)

function locationIn(role: XmlElement, service: string): string | undefined {
  const services = elementsIn(role, namespaces.metadata, service).filter((one) => one.getAttribute('Binding') === redirectBinding)
  return services
    .map((one) => one.getAttribute('Location') ?? '')
    .find((location) => /^https?:\/\//i.test(location) && location.length <= 2 * mostIdCharacters && URL.canParse(location))
}

/** A KeyDescriptor without `use` is for both uses (§2.4.1.1). */
function certificatesIn(role: XmlElement): readonly string[] {
  return elementsIn(role, namespaces.metadata, 'KeyDescriptor')
    .filter((key) => key.getAttribute('use') !== 'encryption')
    .flatMap((key) => elementsIn(key, namespaces.signature, 'X509Certificate'))
    .map((certificate) => (certificate.textContent ?? '').replaceAll(/\s/g, ''))
    .filter(({ length }) => length > 0 && length <= mostCertificateCharacters)
    .slice(0, mostCertificates)
}
