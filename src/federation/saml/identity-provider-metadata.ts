import { X509Certificate } from 'node:crypto'
import { FederationError } from '../federation-error.ts'
import { elementsIn, namespaces, readXml } from './read-xml.ts'
import type { XmlElement } from './saml-library.ts'
import { timeOf } from './saml-time.ts'

/** What the metadata of a SAML identity provider says (SAML 2.0 Metadata §2.4.3). */
export type SamlMetadata = {
  readonly entityId: string
  /** Where requests go, by HTTP-Redirect. */
  readonly signOnUrl: string
  /** Where logout requests go, by HTTP-Redirect. */
  readonly logoutUrl: string | undefined
  /** Where answers to the provider's own logout requests go, and how. */
  readonly logoutAnswer: LogoutAnswerService | undefined
  /** The certificates of the keys that sign answers, DER in base64. */
  readonly certificates: readonly string[]
  /** When the last of the certificates expires, in epoch milliseconds. Undefined when none can be read. */
  readonly certificatesExpireAt: number | undefined
  /** Whether the provider takes signed requests only. */
  readonly wantsSignedRequests: boolean
  /** When the metadata ends, in epoch milliseconds: the first `validUntil` of the provider and of all groups that it is in (§2.3.2). */
  readonly validUntil: number | undefined
  /** For how long the provider lets the metadata be kept, in milliseconds. */
  readonly cacheMs: number | undefined
}

/** An endpoint for LogoutResponses. `POST`: the browser brings them as a form. */
export type LogoutAnswerService = { readonly binding: 'REDIRECT' | 'POST'; readonly location: string }

const redirectBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const postBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
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
  const root = await readXml(text).catch((cause: unknown) => {
    throw unusable('it is not readable XML, or has a document type', cause)
  })
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
  const expiries = certificates.map(expiryOfCertificate).filter((expiry) => expiry !== undefined)
  const levels = levelsOf(role)
  return {
    entityId,
    signOnUrl,
    logoutUrl: locationIn(role, 'SingleLogoutService'),
    logoutAnswer: logoutAnswerIn(role),
    certificates,
    certificatesExpireAt: expiries.length === 0 ? undefined : Math.max(...expiries),
    wantsSignedRequests: /^(?:true|1)$/.test(role.getAttribute('WantAuthnRequestsSigned') ?? ''),
    validUntil: earliest(levels.map(endOf)),
    cacheMs: earliest(levels.map((level) => durationMs(level.getAttribute('cacheDuration') ?? ''))),
  }
}

const unusable = (reason: string, cause?: unknown) =>
  new FederationError(`The metadata of the identity provider cannot be used: ${reason}.`, { reason: 'settings', cause })

/** The element and all around it. The time of a group counts for all in it, and groups may be nested (§2.3.1). */
function levelsOf(role: XmlElement): readonly XmlElement[] {
  const levels: XmlElement[] = []
  for (let level: XmlElement | null = role; level?.nodeType === 1; level = level.parentNode) levels.push(level)
  return levels
}

/** NaN where the element names no end. */
function endOf(level: XmlElement): number {
  const text = level.getAttribute('validUntil') ?? ''
  const end = timeOf(text)
  if (text !== '' && Number.isNaN(end)) throw unusable('its validUntil is no time')
  return end
}

/**
 * The metadata, if it has not ended. Metadata that has ended must not be used (SAML 2.0 Metadata §2.3.2): its keys may be revoked.
 *
 * @throws FederationError when it has ended.
 */
export function requireCurrent(metadata: SamlMetadata, now: number): SamlMetadata {
  const { validUntil } = metadata
  if (validUntil === undefined || now < validUntil) return metadata
  throw unusable(`it was valid until ${new Date(validUntil).toISOString()}`)
}

/** The smallest of the values. A value that is NaN is missing in the document. */
function earliest(values: readonly number[]): number | undefined {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.length === 0 ? undefined : Math.min(...known)
}

/** The milliseconds of an `xs:duration` (XML Schema Part 2 §3.2.6), with months of 30 days. NaN for any other text. */
function durationMs(text: string): number {
  const found =
    /^P(?=.)(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})(?:\.\d+)?S)?)?$/.exec(text)
  if (found === null) return Number.NaN
  const [years = 0, months = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0))
  return ((((years * 365 + months * 30 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}

/** When the certificate expires, in epoch milliseconds. Undefined when it cannot be read. `der` is in base64. */
export function expiryOfCertificate(der: string): number | undefined {
  try {
    return new X509Certificate(Buffer.from(der, 'base64')).validToDate.getTime()
  } catch {
    return undefined
  }
}

function locationIn(role: XmlElement, service: string, binding = redirectBinding, attributes = ['Location']): string | undefined {
  const services = elementsIn(role, namespaces.metadata, service).filter((one) => one.getAttribute('Binding') === binding)
  const locations = services.map((one) => attributes.map((name) => one.getAttribute(name)).find(Boolean) ?? '')
  return locations.find((location) => /^https?:\/\//i.test(location) && location.length <= 2 * mostIdCharacters && URL.canParse(location))
}

/** Answers may have an address of their own (§2.2.2). */
function logoutAnswerIn(role: XmlElement): LogoutAnswerService | undefined {
  for (const [binding, name] of [[redirectBinding, 'REDIRECT'] as const, [postBinding, 'POST'] as const]) {
    const location = locationIn(role, 'SingleLogoutService', binding, ['ResponseLocation', 'Location'])
    if (location !== undefined) return { binding: name, location }
  }
  return undefined
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
