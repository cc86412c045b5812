import { readXml } from './read-xml.ts'
import { decodeResponse } from './response-checks.ts'
import type { XmlElement } from './saml-library.ts'

/** Elements whose text says nothing about the user. All other texts are masked: names, attribute values, keys and signatures. */
const shownTexts: ReadonlySet<string> = new Set(['Issuer', 'Audience', 'AuthnContextClassRef'])

/** Attributes that say nothing about the user. The values of all others are masked, such as SessionIndex. */
const shownAttributes: ReadonlySet<string> = new Set([
  ...['ID', 'Version', 'IssueInstant', 'AuthnInstant', 'NotBefore', 'NotOnOrAfter', 'SessionNotOnOrAfter'],
  ...['Destination', 'InResponseTo', 'Recipient', 'URI', 'Method', 'Algorithm', 'Format', 'Name', 'NameFormat', 'FriendlyName'],
])

/** A log line holds so much of a response. A real one is far smaller. */
const mostElements = 300
const deepest = 20
const longestText = 200
const mask = '***'

/**
 * The XML of a SAMLResponse for the log: its elements, times, addresses and the names of attributes, but nothing about the user and nothing
 * that could be sent again. Undefined when it is not readable XML.
 */
export async function maskResponse(encoded: string | undefined): Promise<string | undefined> {
  try {
    const left = { elements: mostElements }
    return maskElement(await readXml(decodeResponse(encoded)), left, 0)
  } catch {
    return undefined
  }
}

function maskElement(element: XmlElement, left: { elements: number }, depth: number): string {
  left.elements -= 1
  if (left.elements < 0 || depth > deepest) return '…'
  const name = element.localName
  const children = Array.from(element.childNodes)
  const inner = children.map((node) => (node.nodeType === 1 ? maskElement(node, left, depth + 1) : maskText(name, node)))
  return `<${name}${attributesOf(element)}>${inner.join('').replaceAll(/…+/g, '…')}</${name}>`
}

function maskText(name: string, { textContent }: XmlElement): string {
  const text = textContent?.trim() ?? ''
  if (text === '') return ''
  return shownTexts.has(name) ? escaped(text.slice(0, longestText)) : mask
}

function attributesOf({ localName, attributes }: XmlElement): string {
  return Array.from(attributes)
    .filter(({ name }) => !/^xmlns(?::|$)/.test(name))
    .slice(0, 20)
    .map(({ name, value }) => {
      const isShown = shownAttributes.has(name) || (name === 'Value' && localName === 'StatusCode')
      return ` ${name.slice(0, longestText)}="${isShown ? escaped(value.slice(0, longestText)) : mask}"`
    })
    .join('')
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
