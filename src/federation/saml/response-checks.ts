import { FederationError } from '../federation-error.ts'
import type { SamlSubject } from '../provider-session.ts'
import { elementsIn, namespaces, readXml } from './read-xml.ts'
import { invalidResponse } from './saml-errors.ts'
import type { XmlElement } from './saml-library.ts'
import { timeOf } from './saml-time.ts'

/** The longest SAMLResponse, in base64, as at Cognito. */
const longestResponse = 100_000

/** The XML in a SAMLResponse. */
export function decodeResponse(encoded: string | undefined): string {
  if (encoded === undefined || encoded.length > longestResponse || !/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(encoded)) {
    throw invalidResponse('the SAMLResponse is missing, too long or not base64')
  }
  return Buffer.from(encoded, 'base64').toString('utf8')
}

/**
 * Refuses encrypted parts that could cost much time before any signature is checked. The library decrypts every one of them, and puts the
 * `URI` of a RetrievalMethod into an XPath expression (CWE-643).
 */
export function requireOneEncrypted(root: XmlElement): void {
  if (elementsIn(root, '*', 'EncryptedAssertion').length > 1) throw invalidResponse('more than one assertion is encrypted')
  const isPlain = (one: XmlElement) => /^#[\w.-]{1,100}$/.test(one.getAttribute('URI') ?? '')
  if (!elementsIn(root, '*', 'RetrievalMethod').every(isPlain)) throw invalidResponse('a RetrievalMethod has an unusual URI')
}

/**
 * Refuses responses in which a reader could take one assertion for another. There is one, in the response itself (Core §3.3.3).
 */
export function requireOneAssertion(root: XmlElement): void {
  const [assertion, ...others] = ['Assertion', 'EncryptedAssertion'].flatMap((name) => elementsIn(root, '*', name))
  if (others.length > 0) throw invalidResponse('there is more than one assertion')
  if (assertion !== undefined && (assertion.parentNode !== root || assertion.namespaceURI !== namespaces.assertion)) {
    throw invalidResponse('the assertion is not a part of the response itself')
  }
}

/** A response without success has no assertion. One that has both is not what a provider sends. */
export function requireSuccess(root: XmlElement): void {
  if (root.localName !== 'Response' || root.namespaceURI !== namespaces.protocol) throw invalidResponse('the XML is no SAML response')
  const [code] = elementsIn(root, namespaces.protocol, 'StatusCode')
  const value = code?.getAttribute('Value') ?? ''
  if (value === 'urn:oasis:names:tc:SAML:2.0:status:Success') return
  throw new FederationError(`SAML provider returned ${value.replace(/^.*:/, '').slice(0, 100) || 'no status'}`, {
    reason: 'provider-error',
  })
}

export type ExpectedAssertion = {
  readonly entityId: string
  /** The addresses that the assertion may be sent to. */
  readonly recipients: readonly string[]
  /** Whether the assertion may answer the request. The id is undefined where it answers none. */
  readonly mayAnswer: (requestId: string | undefined) => boolean
  /** How old the assertion may be, in milliseconds. Undefined: as old as it says. */
  readonly mostAgeMs: number | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

/** What the verified assertion says of itself, and of the user. */
export type CheckedAssertion = {
  readonly id: string
  readonly expiresAt: number
  readonly subject: SamlSubject
  /** When the user signed in at the provider, in epoch milliseconds. Undefined when the assertion has no such time. */
  readonly authenticatedAt: number | undefined
}

/** How far the provider's clock may differ from ours. */
export const clockSkewMs = 3 * 60_000
/** The greatest age of an IdP-initiated assertion, in milliseconds, as at Cognito. */
export const unsolicitedMs = 6 * 60_000

/**
 * Checks what the library leaves open: who issued the assertion, for whom it is, and that it answers our request (SAML 2.0 Profiles
 * §4.1.4.3).
 */
export async function checkAssertion(assertionXml: string, expected: ExpectedAssertion): Promise<CheckedAssertion> {
  const assertion = await readXml(assertionXml)
  const [issuer] = elementsIn(assertion, namespaces.assertion, 'Issuer')
  if (issuer?.textContent?.trim() !== expected.entityId) throw invalidResponse('the assertion is of another issuer')
  const [subject] = elementsIn(assertion, namespaces.assertion, 'Subject')
  const [name] = subject === undefined ? [] : elementsIn(subject, namespaces.assertion, 'NameID')
  if (name === undefined || !name.textContent) throw invalidResponse('the assertion names nobody')
  const id = assertion.getAttribute('ID')
  if (!id) throw invalidResponse('the assertion has no ID')
  const confirmations = elementsIn(assertion, namespaces.assertion, 'SubjectConfirmation').filter(
    (one) => one.getAttribute('Method') === 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
  )
  const data = confirmations.flatMap((one) => elementsIn(one, namespaces.assertion, 'SubjectConfirmationData'))
  const good = data.find((one) => isConfirmed(one, expected))
  if (good === undefined) throw invalidResponse('no SubjectConfirmation fits: Recipient, NotOnOrAfter or InResponseTo is wrong')
  const issuedAt = timeIn(assertion, 'IssueInstant')
  const { mostAgeMs, now } = expected
  const isOfNow = issuedAt < now + clockSkewMs && (mostAgeMs === undefined || now < issuedAt + mostAgeMs)
  if (mostAgeMs !== undefined && !isOfNow) throw invalidResponse('the assertion is too old')
  const [statement] = elementsIn(assertion, namespaces.assertion, 'AuthnStatement')
  if (statement === undefined) throw invalidResponse('the assertion has no AuthnStatement')
  const sessionIndex = statement.getAttribute('SessionIndex') || undefined
  const authenticatedAt = timeIn(statement, 'AuthnInstant')
  return {
    id,
    expiresAt: timeIn(good, 'NotOnOrAfter') + clockSkewMs,
    subject: { ...nameIn(name), sessionIndex },
    authenticatedAt: Number.isNaN(authenticatedAt) ? undefined : authenticatedAt,
  }
}

/** A NameID with its attributes. */
export function nameIn(name: XmlElement): Omit<SamlSubject, 'sessionIndex'> {
  const attribute = (named: string) => name.getAttribute(named) || undefined
  return {
    nameId: name.textContent ?? '',
    format: attribute('Format'),
    nameQualifier: attribute('NameQualifier'),
    spNameQualifier: attribute('SPNameQualifier'),
  }
}

function isConfirmed(data: XmlElement, { recipients, mayAnswer, now }: ExpectedAssertion): boolean {
  const answers = data.getAttribute('InResponseTo') || undefined
  const isInTime = now < timeIn(data, 'NotOnOrAfter') + clockSkewMs
  return recipients.includes(data.getAttribute('Recipient') ?? '') && isInTime && mayAnswer(answers)
}

/** NaN when the attribute is missing or no time. */
export const timeIn = (element: XmlElement, attribute: string): number => timeOf(element.getAttribute(attribute) ?? '')
