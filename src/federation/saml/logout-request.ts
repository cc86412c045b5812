import { deflateRawSync } from 'node:zlib'
import type { Clock } from '../../base/clock.ts'
import { minuteMs } from '../../base/durations.ts'
import type { IdentityProvider } from '../../pools/identity-providers/identity-provider.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import { hashOf } from '../hash.ts'
import type { SamlSubject } from '../provider-session.ts'
import type { SamlMetadata } from './identity-provider-metadata.ts'
import { namespaces, readXml } from './read-xml.ts'
import { inflated, readRedirect, readSignedRedirect } from './redirect-signature.ts'
import { clockSkewMs, decodeResponse, nameIn, timeIn } from './response-checks.ts'
import { serviceProviderId } from './saml-client.ts'
import { invalidLogout } from './saml-errors.ts'
import type { XmlElement } from './saml-library.ts'
import { signedXmlIn } from './signed-xml.ts'

/** A LogoutRequest, as a browser brought it. Nothing in it is verified. */
export type SentLogoutRequest = {
  /** Who says to have sent it. */
  readonly issuer: string
  readonly id: string
  readonly xml: string
  readonly relayState: string | undefined
  /** The query that has the signature. Undefined where the XML has it. */
  readonly signedQuery: string | undefined
}

/** A LogoutRequest whose signature was verified. */
export type LogoutRequest = {
  readonly id: string
  readonly relayState: string | undefined
  readonly name: Omit<SamlSubject, 'sessionIndex'>
  /** The sessions that are to end. None: all of the user. */
  readonly sessionIndexes: readonly string[]
}

/** How old a request may be that does not say when it ends. Requests that say so may not be older, either. */
const mostAgeMs = 5 * minuteMs
/** Far more than the 80 bytes of SAML 2.0 Bindings §3.4.3. It goes back in an address. */
const longestRelayState = 1000
const longestId = 256

/** The parameter that carries the form of a provider in an address of ours. */
const formParameter = 'SAMLForm'

/**
 * The query in which a LogoutRequest goes on that came as a form: a form from another site brings no cookies. The XML is compressed, because
 * addresses are short.
 *
 * @throws FederationError when the form has no readable message.
 */
export function queryOfLogoutForm(form: ReadonlyMap<string, string>): string {
  const packed = deflateRawSync(decodeResponse(form.get('SAMLRequest'))).toString('base64')
  const relayState = form.get('RelayState')
  return new URLSearchParams({ [formParameter]: packed, ...(relayState !== undefined && { RelayState: relayState }) }).toString()
}

/** Whether the parameters of a query are a LogoutRequest. */
export const hasLogoutRequest = (parameters: ReadonlyMap<string, string>): boolean =>
  parameters.has('SAMLRequest') || parameters.has(formParameter)

/**
 * Reads a LogoutRequest in a query, to find the provider that should have signed it.
 *
 * @throws FederationError when the query has no LogoutRequest that can be read.
 */
export async function readLogoutRequest(query: string): Promise<SentLogoutRequest> {
  const parameters = new URLSearchParams(query)
  const form = parameters.get(formParameter)
  const xml = form === null ? readRedirect(query, 'SAMLRequest') : inflated(form)
  const root = await readRequest(xml)
  const issuer = childrenOf(root, namespaces.assertion, 'Issuer')[0]?.textContent?.trim()
  const id = root.getAttribute('ID')
  if (!issuer || !id || id.length > longestId) throw invalidLogout('it has no Issuer or no ID')
  return { issuer, id, xml, relayState: parameters.get('RelayState') ?? undefined, signedQuery: form === null ? query : undefined }
}

async function readRequest(xml: string): Promise<XmlElement> {
  const root = await readXml(xml)
  if (root.localName !== 'LogoutRequest' || root.namespaceURI !== namespaces.protocol) throw invalidLogout('the XML is no LogoutRequest')
  return root
}

type Deps = { readonly db: Db; readonly clock: Clock }

type Expected = {
  readonly poolId: string
  readonly provider: IdentityProvider
  readonly metadata: SamlMetadata
  /** Our address for logouts, to which the request has to be sent. */
  readonly destination: string
}

/**
 * Verifies a LogoutRequest of a provider (SAML 2.0 Profiles §4.4.4.1). It has to be signed: else any page could sign users out. It counts
 * once.
 *
 * @throws FederationError when it is not good.
 */
export async function verifyLogoutRequest({ db, clock }: Deps, sent: SentLogoutRequest, expected: Expected): Promise<LogoutRequest> {
  const { metadata, destination, poolId, provider } = expected
  const { xml, relayState } = await signedPartOf(sent, metadata)
  if (relayState !== undefined && relayState.length > longestRelayState) throw invalidLogout('the RelayState is too long')
  const root = await readRequest(xml)
  const issuers = childrenOf(root, namespaces.assertion, 'Issuer').map(({ textContent }) => textContent?.trim())
  if (issuers.length !== 1 || issuers[0] !== metadata.entityId) throw invalidLogout('it is of another issuer')
  if (root.getAttribute('Destination') !== destination) throw invalidLogout('the Destination is another address')
  requireCurrent(root, clock.now())
  const [name, ...others] = ['NameID', 'EncryptedID', 'BaseID'].flatMap((one) => childrenOf(root, namespaces.assertion, one))
  if (name?.localName !== 'NameID' || !name.textContent || others.length > 0) throw invalidLogout('it does not have one NameID')
  const id = root.getAttribute('ID') ?? ''
  const endsAt = timeIn(root, 'IssueInstant') + mostAgeMs + clockSkewMs
  if (!(await consumeState(db, hashOf(JSON.stringify(['logout', poolId, provider.id, id])), endsAt))) throw invalidLogout('it came before')
  const sessionIndexes = childrenOf(root, namespaces.protocol, 'SessionIndex').map(({ textContent }) => textContent?.trim() ?? '')
  return { id, relayState, name: nameIn(name), sessionIndexes }
}

async function signedPartOf({ xml, relayState, signedQuery }: SentLogoutRequest, metadata: SamlMetadata) {
  if (signedQuery !== undefined) return readSignedRedirect(signedQuery, 'SAMLRequest', metadata.certificates)
  return { xml: await signedXmlIn(xml, metadata), relayState }
}

function requireCurrent(root: XmlElement, now: number): void {
  const issuedAt = timeIn(root, 'IssueInstant')
  const isOfNow = issuedAt < now + clockSkewMs && now < issuedAt + mostAgeMs + clockSkewMs
  const hasEnded = Boolean(root.getAttribute('NotOnOrAfter')) && !(now < timeIn(root, 'NotOnOrAfter') + clockSkewMs)
  if (!isOfNow || hasEnded) throw invalidLogout('it is not valid at this time')
}

const unspecified = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'

/** Whether a session is one of those that the request means. Qualifiers that are left out are those of the two sides (Core §8.3.7). */
export function isSessionOf(
  request: LogoutRequest,
  subject: SamlSubject,
  sides: { readonly entityId: string; readonly poolId: string },
): boolean {
  const key = ({ nameId, format, nameQualifier, spNameQualifier }: Omit<SamlSubject, 'sessionIndex'>) =>
    JSON.stringify([nameId, format ?? unspecified, nameQualifier ?? sides.entityId, spNameQualifier ?? serviceProviderId(sides.poolId)])
  const { sessionIndexes } = request
  const isMeant = sessionIndexes.length === 0 || (subject.sessionIndex !== undefined && sessionIndexes.includes(subject.sessionIndex))
  return isMeant && key(request.name) === key(subject)
}

const childrenOf = ({ childNodes }: XmlElement, namespace: string, name: string): readonly XmlElement[] =>
  Array.from(childNodes).filter((node) => node.nodeType === 1 && node.localName === name && node.namespaceURI === namespace)
