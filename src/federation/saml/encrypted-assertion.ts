import { createCipheriv, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto'
import type { ProviderExtension } from '../../pools/extensions/federation-extension.ts'
import { elementsIn, namespaces, readXml } from './read-xml.ts'
import { invalidResponse } from './saml-errors.ts'
import { loadNodeSamlXml, type Saml, type XmlElement } from './saml-library.ts'
import { requirePlainSignatures } from './signature-form.ts'

const oaep = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'
const cbc = ['http://www.w3.org/2001/04/xmlenc#aes128-cbc', 'http://www.w3.org/2001/04/xmlenc#aes256-cbc'] as const
/** These notice that a ciphertext was changed. */
const authenticated: ReadonlySet<string> = new Set([
  oaep,
  'http://www.w3.org/2009/xmlenc11#aes128-gcm',
  'http://www.w3.org/2009/xmlenc11#aes256-gcm',
])

/**
 * Refuses algorithms that are known to be broken (XML Encryption 1.1 §5.5.1, §6.1): RSA PKCS #1 v1.5, for which Bleichenbacher's attack
 * opens keys, and Triple DES. The names stand outside of what is encrypted, so the text tells nothing about it.
 *
 * @throws FederationError when one is not allowed.
 */
export function requireGoodEncryption(root: XmlElement, policy: ProviderExtension['assertionEncryption']): void {
  const names = elementsIn(root, '*', 'EncryptionMethod').map((method) => method.getAttribute('Algorithm') ?? '')
  const isGood = (name: string) => authenticated.has(name) || (policy === 'ANY' && cbc.some((one) => one === name))
  const wrong = names.find((name) => !isGood(name))
  if (wrong !== undefined) throw invalidResponse('the encryption has an algorithm that is not accepted', new Error(wrong))
}

type Decryption = { readonly saml: Saml; readonly decryptionKey: string; readonly requestId: string | undefined }

/**
 * Checks what is inside of an encrypted assertion by the rules for signatures and assertions, before the library verifies it. What cannot be
 * opened or read costs as much time as an assertion with a wrong signature: else the time would tell an attacker who changes the ciphertext
 * what is in it (padding oracle).
 *
 * @throws Error when it cannot be used.
 */
export async function checkEncrypted(encrypted: XmlElement, decryption: Decryption): Promise<void> {
  try {
    const { decryptXml } = await loadNodeSamlXml()
    await requirePlainAssertion(await decryptXml(String(encrypted), decryption.decryptionKey))
  } catch (error) {
    await simulateVerification(encrypted.textContent?.length ?? 0, decryption)
    throw error
  }
}

async function requirePlainAssertion(xml: string): Promise<void> {
  const assertion = await readXml(xml)
  requirePlainSignatures(assertion)
  if (elementsIn(assertion, '*', 'Assertion').length > 0) throw invalidResponse('there is more than one assertion')
}

/**
 * Verifies a response that this server makes up. Its assertion is as long as the real one and has a wrong signature. So a ciphertext that
 * cannot be decrypted takes as much work as one that can.
 */
async function simulateVerification(characters: number, { saml, decryptionKey, requestId }: Decryption): Promise<void> {
  const assertion = decoyAssertion(Math.floor((characters * 3) / 4))
  await requirePlainAssertion(assertion)
  const response = `<samlp:Response xmlns:samlp="${namespaces.protocol}"${requestId === undefined ? '' : ` InResponseTo="${requestId}"`}><saml:EncryptedAssertion xmlns:saml="${namespaces.assertion}">${encrypt(assertion, decryptionKey)}</saml:EncryptedAssertion></samlp:Response>`
  const result = saml.validatePostResponseAsync({ SAMLResponse: Buffer.from(response).toString('base64') })
  const isRefused = await result.then(
    () => false,
    () => true,
  )
  if (!isRefused) throw new Error('A decoy was taken for an assertion.')
}

function decoyAssertion(bytes: number): string {
  const zeros = (count: number) => Buffer.alloc(count).toString('base64')
  const dsig = namespaces.signature
  const canonicalization = 'http://www.w3.org/2001/10/xml-exc-c14n#'
  return `<saml:Assertion xmlns:saml="${namespaces.assertion}" ID="_decoy"><saml:Issuer>${'x'.repeat(bytes)}</saml:Issuer><ds:Signature xmlns:ds="${dsig}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="${canonicalization}"/><ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/><ds:Reference URI="#_decoy"><ds:Transforms><ds:Transform Algorithm="${dsig}enveloped-signature"/><ds:Transform Algorithm="${canonicalization}"/></ds:Transforms><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>${zeros(32)}</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>${zeros(256)}</ds:SignatureValue></ds:Signature></saml:Assertion>`
}

function encrypt(assertion: string, decryptionKey: string): string {
  const [key, iv] = [randomBytes(32), randomBytes(16)]
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  const content = Buffer.concat([iv, cipher.update(assertion), cipher.final()]).toString('base64')
  const wrappedKey = publicEncrypt(createPublicKey(decryptionKey), key).toString('base64')
  const element = (name: string, algorithm: string, value: string, inner = '') =>
    `<xenc:${name} xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:EncryptionMethod Algorithm="${algorithm}"/>${inner}<xenc:CipherData><xenc:CipherValue>${value}</xenc:CipherValue></xenc:CipherData></xenc:${name}>`
  const keyInfo = `<ds:KeyInfo xmlns:ds="${namespaces.signature}">${element('EncryptedKey', oaep, wrappedKey)}</ds:KeyInfo>`
  return element('EncryptedData', cbc[1], content, keyInfo)
}
