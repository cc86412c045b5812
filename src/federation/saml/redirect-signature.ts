import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { invalidLogout } from './saml-errors.ts'

/** The most bytes of an unpacked message. A LogoutResponse has about a thousand. */
const mostBytes = 100_000

const signatureAlgorithm = /^http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#(rsa|ecdsa)-(sha256|sha384|sha512)$/

/** The parameter with the message of a redirect. */
export type MessageParameter = 'SAMLRequest' | 'SAMLResponse'

/** A message that came by a redirect. A provider need not send a RelayState. */
export type RedirectedMessage = { readonly xml: string; readonly relayState: string | undefined }

/**
 * The XML of a message that came by a redirect, and its RelayState (SAML 2.0 Bindings §3.4.4.1). The signature is over the query as it was
 * sent. So the parameters are read from that text, and each may be there once: nothing else can be taken for what was signed.
 *
 * @throws FederationError when none of the certificates has signed it.
 */
export function readSignedRedirect(query: string, name: MessageParameter, certificates: readonly string[]): RedirectedMessage {
  const [message, relayState, algorithm, signature] = [name, 'RelayState', 'SigAlg', 'Signature'].map((part) => onlyPart(query, part))
  if (!message || !algorithm || !signature) throw invalidLogout('it is not signed')
  const [, keyType, hash] = signatureAlgorithm.exec(readValue(algorithm)) ?? []
  if (hash === undefined) throw invalidLogout('its signature has a weak algorithm')
  const signed = Buffer.from([message, relayState, algorithm].filter((part) => part !== undefined).join('&'))
  const bytes = Buffer.from(readValue(signature), 'base64')
  const isSigned = certificates.some((certificate) => {
    const key = publicKeyIn(certificate)
    const isOfType = key?.asymmetricKeyType === (keyType === 'ecdsa' ? 'ec' : 'rsa')
    // XML signatures have r and s one after the other (XML Signature §6.4.3).
    return key !== undefined && isOfType && verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)
  })
  if (!isSigned) throw invalidLogout('its signature is invalid')
  return { xml: inflated(readValue(message)), relayState: relayState === undefined ? undefined : readValue(relayState) }
}

/** The same, before the provider is known whose signature it should have. */
export function readRedirect(query: string, name: MessageParameter): string {
  return inflated(readValue(onlyPart(query, name) ?? ''))
}

/** The part of the query with the parameter, undefined when it is missing. */
function onlyPart(query: string, name: string): string | undefined {
  const [part, ...others] = query.split('&').filter((one) => one.startsWith(`${name}=`))
  if (others.length > 0) throw invalidLogout(`${name} is repeated`)
  return part
}

/** Undefined for a certificate that cannot be read. The metadata may have others. */
function publicKeyIn(certificate: string): KeyObject | undefined {
  try {
    return new X509Certificate(Buffer.from(certificate, 'base64')).publicKey
  } catch {
    return undefined
  }
}

function readValue(part: string): string {
  const [value] = new URLSearchParams(part).values()
  return value ?? ''
}

/** The text of a compressed message, in base64. */
export function inflated(encoded: string): string {
  try {
    return inflateRawSync(Buffer.from(encoded, 'base64'), { maxOutputLength: mostBytes }).toString('utf8')
  } catch (cause) {
    throw invalidLogout('it cannot be unpacked', cause)
  }
}
