import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { invalidLogout } from './saml-errors.ts'

/** The most bytes of an unpacked message. A LogoutResponse has about a thousand. */
const mostBytes = 100_000

const signatureAlgorithm = /^http:\/\/www\.w3\.org\/2001\/04\/xmldsig-more#(rsa|ecdsa)-(sha256|sha384|sha512)$/

/**
 * The XML of a SAMLResponse that came by a redirect, and its RelayState (SAML 2.0 Bindings §3.4.4.1). The signature is over the query as it
 * was sent. So the parameters are read from that text, and each may be there once: nothing else can be taken for what was signed.
 *
 * @throws FederationError when none of the certificates has signed it.
 */
export function readSignedRedirect(query: string, certificates: readonly string[]): { readonly xml: string; readonly relayState: string } {
  const parts = query.split('&')
  const [response, relayState, algorithm, signature] = ['SAMLResponse', 'RelayState', 'SigAlg', 'Signature'].map((name) =>
    onlyPart(parts, name),
  )
  if (!response || !relayState || !algorithm || !signature) throw invalidLogout('it is not signed')
  const [, keyType, hash] = signatureAlgorithm.exec(readValue(algorithm)) ?? []
  if (hash === undefined) throw invalidLogout('its signature has a weak algorithm')
  const signed = Buffer.from([response, relayState, algorithm].join('&'))
  const bytes = Buffer.from(readValue(signature), 'base64')
  const isSigned = certificates.some((certificate) => {
    const key = publicKeyIn(certificate)
    const isOfType = key?.asymmetricKeyType === (keyType === 'ecdsa' ? 'ec' : 'rsa')
    // XML signatures have r and s one after the other (XML Signature §6.4.3).
    return key !== undefined && isOfType && verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, bytes)
  })
  if (!isSigned) throw invalidLogout('its signature is invalid')
  return { xml: unpacked(readValue(response)), relayState: readValue(relayState) }
}

/** The part of the query with the parameter. Undefined when it is missing or repeated. */
function onlyPart(parts: readonly string[], name: string): string | undefined {
  const [part, ...others] = parts.filter((one) => one.startsWith(`${name}=`))
  return others.length === 0 ? part : undefined
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

function unpacked(encoded: string): string {
  try {
    return inflateRawSync(Buffer.from(encoded, 'base64'), { maxOutputLength: mostBytes }).toString('utf8')
  } catch (cause) {
    throw invalidLogout('it cannot be unpacked', cause)
  }
}
