import { elementsIn, namespaces } from './read-xml.ts'
import { invalidResponse } from './saml-errors.ts'
import type { XmlElement } from './saml-library.ts'

const signatureMethods: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384',
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512',
])

const digestMethods: ReadonlySet<string> = new Set([
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmldsig-more#sha384',
  'http://www.w3.org/2001/04/xmlenc#sha512',
])

const envelopedSignature = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'

const canonicalizations: ReadonlySet<string> = new Set([exclusive, `${exclusive}WithComments`, inclusive, `${inclusive}#WithComments`])

/** The library looks for these by their local names, anywhere in a signature. */
const parts: ReadonlySet<string> = new Set([
  ...['SignedInfo', 'CanonicalizationMethod', 'SignatureMethod', 'Reference', 'Transforms', 'Transform'],
  ...['DigestMethod', 'DigestValue', 'SignatureValue'],
])

/** A response and its assertion have one each. */
const mostSignatures = 5

const unusual = (detail: string) => invalidResponse('a signature has an unusual form', new Error(detail))

/**
 * Refuses signatures of any form that SAML does not know (SAML 2.0 Core §5.4), and weak algorithms, such as SHA-1. XML signatures can say
 * much more than that: several references, objects, transforms by XPath or XSLT. Attacks live from it, because the library and the reader of
 * the message may then see two different things.
 *
 * @throws FederationError when a signature is of another form.
 */
export function requirePlainSignatures(root: XmlElement): void {
  const signatures = elementsIn(root, '*', 'Signature')
  if (signatures.length > mostSignatures) throw unusual('There are too many signatures.')
  if (elementsIn(root, '*', 'SignedInfo').length !== signatures.length) throw unusual('A SignedInfo is not in a signature of its own.')
  for (const signature of signatures) requirePlainSignature(root, signature)
}

function requirePlainSignature(root: XmlElement, signature: XmlElement): void {
  if (signature.namespaceURI !== namespaces.signature) throw unusual('A Signature has another namespace.')
  const [info, value, keyInfo] = childrenOf(signature, ['SignedInfo', 'SignatureValue'], ['KeyInfo'])
  if (info === undefined || value === undefined) throw unusual('A part of a signature is missing.')
  requireText(value)
  if (keyInfo !== undefined && elementsIn(keyInfo, '*', '*').some(({ localName }) => parts.has(localName))) {
    throw unusual('The KeyInfo has a part of a signature.')
  }
  const [canonicalization, method, reference] = childrenOf(info, ['CanonicalizationMethod', 'SignatureMethod', 'Reference'])
  requireCanonicalization(canonicalization)
  requireStrong(method, signatureMethods)
  requirePlainReference(root, signature, reference)
}

/** The one reference is to the element that has the signature, by its ID, which no other element has (§5.4.2, §5.4.4). */
function requirePlainReference(root: XmlElement, { parentNode: signed }: XmlElement, reference: XmlElement | undefined): void {
  if (reference === undefined) throw unusual('There is no Reference.')
  const id = signed?.getAttribute('ID') ?? ''
  if (!/^[\p{L}_][\p{L}\p{N}\p{M}_.-]*$/u.test(id)) throw unusual('The ID of the signed element is no name.')
  if (reference.getAttribute('URI') !== `#${id}`) throw unusual('The Reference is not to the element with the signature.')
  if ([root, ...elementsIn(root, '*', '*')].filter((element) => hasId(element, id)).length !== 1) throw unusual('Two elements have one ID.')
  const [transforms, digestMethod, digest] = childrenOf(reference, ['Transforms', 'DigestMethod', 'DigestValue'])
  if (transforms === undefined || digest === undefined) throw unusual('A part of the Reference is missing.')
  const [enveloped, canonicalization] = childrenOf(transforms, ['Transform'], ['Transform'])
  if (enveloped?.getAttribute('Algorithm') !== envelopedSignature) throw unusual('The first Transform is another one.')
  childrenOf(enveloped, [])
  if (canonicalization !== undefined) requireCanonicalization(canonicalization)
  requireStrong(digestMethod, digestMethods)
  requireText(digest)
}

function requireCanonicalization(method: XmlElement | undefined): void {
  if (method === undefined || !canonicalizations.has(method.getAttribute('Algorithm') ?? ''))
    throw unusual('A canonicalization is unknown.')
  const [prefixes] = childrenOf(method, [], ['InclusiveNamespaces'], exclusive)
  if (prefixes !== undefined) childrenOf(prefixes, [])
}

function requireStrong(method: XmlElement | undefined, strong: ReadonlySet<string>): void {
  if (method === undefined) throw unusual('An algorithm is missing.')
  const algorithm = method.getAttribute('Algorithm') ?? 'none'
  if (!strong.has(algorithm)) throw invalidResponse('a signature has a weak algorithm', new Error(algorithm))
  childrenOf(method, [])
}

/** Comments would split the text, and readers differ in which part they take. */
function requireText({ localName, childNodes }: XmlElement): void {
  const nodes = Array.from(childNodes)
  if (nodes.length > 1 || nodes.some(({ nodeType }) => nodeType !== 3)) throw unusual(`The ${localName} is not one text.`)
}

/** The children, which have these names, in this order. There is nothing between them but white space. */
function childrenOf(
  { localName: parent, childNodes }: XmlElement,
  required: readonly string[],
  optional: readonly string[] = [],
  namespace: string = namespaces.signature,
): readonly XmlElement[] {
  const nodes = Array.from(childNodes)
  const children = nodes.filter(({ nodeType }) => nodeType === 1)
  const others = nodes.filter(({ nodeType }) => nodeType !== 1)
  if (others.some(({ nodeType, textContent }) => nodeType !== 3 || textContent?.trim() !== '')) throw unusual(`The ${parent} has a text.`)
  const names = [...required, ...optional]
  const isExpected = children.every((child, index) => child.localName === names[index] && child.namespaceURI === namespace)
  if (!isExpected || children.length < required.length) throw unusual(`The ${parent} has other parts.`)
  return children
}

/** XML signatures call it Id, and some libraries take `id` as well. */
const hasId = ({ attributes }: XmlElement, id: string): boolean =>
  Array.from(attributes).some(({ name, value }) => value === id && name.replace(/^.*:/, '').toLowerCase() === 'id')
