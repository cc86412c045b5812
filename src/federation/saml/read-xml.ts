import { FederationError } from '../federation-error.ts'
import { loadXmlDom, type XmlElement } from './saml-library.ts'

export const namespaces = {
  metadata: 'urn:oasis:names:tc:SAML:2.0:metadata',
  protocol: 'urn:oasis:names:tc:SAML:2.0:protocol',
  assertion: 'urn:oasis:names:tc:SAML:2.0:assertion',
  signature: 'http://www.w3.org/2000/09/xmldsig#',
} as const

/**
 * Parses a document that an identity provider sent. Document types are refused, because entities can make a small document huge or read
 * files (CWE-611, CWE-776). Nothing is fetched.
 *
 * @throws FederationError when the text is not such a document.
 */
export async function readXml(text: string): Promise<XmlElement> {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new FederationError('Invalid SAML response received: a document type is not allowed')
  if (!hasPlainMarkup(text)) throw new FederationError('Invalid SAML response received: the XML has markup that no provider sends')
  const fail = (message: string): never => {
    // The library's message may quote the document. Only the place goes to the log.
    const [place = 'no place'] = /line:\d+,col:\d+/.exec(message) ?? []
    throw new FederationError('Invalid SAML response received: the XML cannot be read', {
      cause: new Error(`The XML is wrong at ${place}.`),
    })
  }
  const { DOMParser } = await loadXmlDom()
  const parser = new DOMParser({ errorHandler: { warning: () => undefined, error: fail, fatalError: fail } })
  const root = parser.parseFromString(text, 'text/xml')?.documentElement
  return root ?? fail('no element')
}

/** Far more than a provider sends. */
const mostComments = 100

/**
 * Whether comments and CDATA sections are few and end, and there is nothing else that begins with `<!` or `<?`. The parser reads the rest of
 * the document anew for each that does not end: 75 kB of them take minutes.
 */
function hasPlainMarkup(text: string): boolean {
  if (text.replace(/^\s*<\?xml\s[^<>]*\?>/, '').includes('<?')) return false
  let count = 0
  for (let at = text.indexOf('<!'); at >= 0; at = text.indexOf('<!', at)) {
    const end = text.startsWith('<!--', at) ? '-->' : text.startsWith('<![CDATA[', at) ? ']]>' : undefined
    const endsAt = end === undefined || ++count > mostComments ? -1 : text.indexOf(end, at + 4)
    if (end === undefined || endsAt < 0) return false
    at = endsAt + end.length
  }
  return true
}

/** The elements of the name below `element`, in the order of the document. */
export const elementsIn = (element: XmlElement, namespace: string, name: string): readonly XmlElement[] =>
  Array.from(element.getElementsByTagNameNS(namespace, name))
