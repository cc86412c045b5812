import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { usernamesIn } from '../../support/federation.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { answerSaml, beginSaml, givenSamlPool, mailClaim, serviceProviderOf, signInBySaml } from '../../support/saml-pool.ts'
import { runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import { useTestServer } from '../../support/test-server.ts'

type Forge = (xml: string) => string

const refused = 'Invalid SAML response received: '
const unusual = `${refused}a signature has an unusual form`
const isAssertion = /<saml:Assertion[\s\S]*<\/saml:Assertion>/
const isSignature = /<ds:Signature[\s\S]*?<\/ds:Signature>/
const assertionIn = (xml: string): string => isAssertion.exec(xml)?.[0] ?? ''
const idIn = (assertion: string): string => / ID="([^"]+)"/.exec(assertion)?.[1] ?? ''
const asAna = (xml: string): string => xml.replaceAll('Eve-1', 'Ana-1')

type XmlCrypto = {
  readonly SignedXml: new () => { getCanonXml(transforms: readonly string[], node: unknown): string }
}
type XmlDom = { readonly DOMParser: new () => { parseFromString(xml: string, type: string): { readonly documentElement: unknown } } }
// The library that checks signatures in the server.
const { SignedXml } = createRequire(import.meta.resolve('@node-saml/node-saml'))('xml-crypto') as XmlCrypto
const { DOMParser } = (await import(import.meta.resolve('@xmldom/xmldom'))) as XmlDom

/** The digest that a signature of the assertion would have. */
function digestOf(assertion: string): string {
  const node = new DOMParser().parseFromString(assertion.replace(isSignature, ''), 'text/xml').documentElement
  const canonical = new SignedXml().getCanonXml(['http://www.w3.org/2001/10/xml-exc-c14n#'], node)
  return createHash('sha256').update(canonical).digest('base64')
}

/** Changes the signature of the assertion. */
const inSignature =
  (change: Forge): Forge =>
  (xml) =>
    xml.replace(isSignature, change)

/** Puts `xml` before the first element of that name in the signature. */
const before = (name: string, xml: string): Forge => inSignature((signature) => signature.replace(`<ds:${name}`, `${xml}<ds:${name}`))
const within = (name: string, xml: string): Forge =>
  inSignature((signature) => signature.replace(new RegExp(`(<ds:${name}[^>]*>)`), `$1${xml}`))
const transform = (algorithm: string, inner = ''): string => `<ds:Transform Algorithm="${algorithm}">${inner}</ds:Transform>`

/** Signatures that say something else than those of SAML. All are refused by their form, before any key is used. */
const shapes: Readonly<Record<string, Forge>> = {
  'the digest of another assertion in a comment of the digest': (xml) =>
    asAna(xml).replace(/<ds:DigestValue>/, `<ds:DigestValue><!--${digestOf(asAna(assertionIn(xml)))}-->`),
  'the digest of another assertion before a comment': (xml) =>
    asAna(xml).replace(/<ds:DigestValue>([^<]*)/, `<ds:DigestValue>${digestOf(asAna(assertionIn(xml)))}<!---->$1`),
  'two digests': (xml) =>
    asAna(xml).replace(/<ds:DigestValue>/, `<ds:DigestValue>${digestOf(asAna(assertionIn(xml)))}</ds:DigestValue><ds:DigestValue>`),
  'a SignedInfo of its own before the signed one': (xml) => {
    const signed = /<ds:SignedInfo>[\s\S]*?<\/ds:SignedInfo>/.exec(xml)?.[0] ?? ''
    const other = signed.replace(/<ds:DigestValue>[^<]*/, `<ds:DigestValue>${digestOf(asAna(assertionIn(xml)))}`)
    return asAna(xml).replace(signed, other + signed)
  },
  'a SignedInfo of another namespace': before('SignedInfo', '<x:SignedInfo xmlns:x="urn:x"/>'),
  'a second Reference': (xml) => {
    const reference = /<ds:Reference[\s\S]*?<\/ds:Reference>/.exec(xml)?.[0] ?? ''
    return xml.replace(reference, reference + reference)
  },
  'a Reference to the document': inSignature((signature) => signature.replace(/URI="[^"]*"/, 'URI=""')),
  'a Reference without URI': inSignature((signature) => signature.replace(/ URI="[^"]*"/, '')),
  'a Reference by XPointer': inSignature((signature) => signature.replace(/URI="#([^"]*)"/, `URI="#xpointer(id('$1'))"`)),
  'a Reference to the response': (xml) => inSignature((signature) => signature.replace(/URI="[^"]*"/, `URI="#${idIn(xml)}"`))(xml),
  'a transform by XPath': before('Transform ', transform('http://www.w3.org/TR/1999/REC-xpath-19991116', '<ds:XPath>true()</ds:XPath>')),
  'a transform by XSLT': inSignature((signature) =>
    signature.replace(
      '</ds:Transforms>',
      `${transform('http://www.w3.org/TR/1999/REC-xslt-19991116', '<x xmlns="urn:x"/>')}</ds:Transforms>`,
    ),
  ),
  'a transform from base64': before('Transform ', transform('http://www.w3.org/2000/09/xmldsig#base64')),
  'an unknown canonicalization': inSignature((signature) =>
    signature.replace(/(<ds:CanonicalizationMethod Algorithm=")[^"]*/, '$1http://www.w3.org/2006/12/xml-c14n11'),
  ),
  'another CanonicalizationMethod in the KeyInfo': within('KeyInfo', '<x:CanonicalizationMethod xmlns:x="urn:x" Algorithm="urn:x"/>'),
  'another SignatureMethod in the signature': before('SignedInfo', '<ds:SignatureMethod Algorithm="urn:x"/>'),
  'an Object': inSignature((signature) => signature.replace('</ds:Signature>', '<ds:Object/></ds:Signature>')),
  'a Manifest': inSignature((signature) => signature.replace('</ds:Signature>', '<ds:Object><ds:Manifest/></ds:Object></ds:Signature>')),
  'a CDATA section in the signature value': inSignature((signature) =>
    signature.replace(/(<ds:SignatureValue>)([^<]*)/, '$1<![CDATA[$2]]>'),
  ),
  'a comment in the SignedInfo': within('SignedInfo', '<!-- -->'),
  'text in the SignedInfo': within('SignedInfo', 'x'),
  'another namespace for the signature': inSignature((signature) => signature.replace('http://www.w3.org/2000/09/xmldsig#"', 'urn:x"')),
  'the ID at another element': (xml) => xml.replace('<samlp:Status>', `<samlp:Status Id="${idIn(assertionIn(xml))}">`),
  'the ID at another element, encoded': (xml) =>
    xml.replace(
      '<samlp:Status>',
      `<samlp:Status id="&#x${idIn(assertionIn(xml)).charCodeAt(0).toString(16)};${idIn(assertionIn(xml)).slice(1)}">`,
    ),
  'the ID at another element, with a prefix': (xml) =>
    xml.replace('<samlp:Status>', `<samlp:Status xmlns:x="urn:x" x:ID="${idIn(assertionIn(xml))}">`),
}

/** Responses that two readers could understand in two ways. */
const documents: Readonly<Record<string, Forge>> = {
  'another response before it': (xml) => asAna(xml) + xml,
  'another response after it': (xml) => xml + asAna(xml),
  'an attribute twice': (xml) => xml.replace(/<saml:Assertion /, '$&ID="_other" '),
  'a processing instruction': (xml) => xml.replace('<saml:Subject>', '<?x y?><saml:Subject>'),
  'a zero byte': (xml) => xml.replace('Eve-1', 'Ana-1\0'),
  'a prefix without a namespace': (xml) => xml.replace('<saml:Subject>', '<y:Subject>').replace('</saml:Subject>', '</y:Subject>'),
  'an assertion of SAML 1': (xml) =>
    xml.replace(assertionIn(xml), asAna(assertionIn(xml)).replaceAll('SAML:2.0:assertion', 'SAML:1.0:assertion')),
  'an assertion of another namespace before the signed one': (xml) =>
    xml.replace(assertionIn(xml), `<Assertion xmlns="urn:x"><Subject><NameID>Ana-1</NameID></Subject></Assertion>${assertionIn(xml)}`),
  'an unsigned assertion inside of the signed one': (xml) =>
    xml.replace('</saml:Assertion>', `<saml:Advice>${asAna(assertionIn(xml)).replace(isSignature, '')}</saml:Advice></saml:Assertion>`),
  'an encrypted assertion beside the plain one': (xml) => xml.replace(assertionIn(xml), `<saml:EncryptedAssertion/>${assertionIn(xml)}`),
  'the response of another namespace': (xml) => xml.replaceAll('SAML:2.0:protocol', 'SAML:1.1:protocol'),
  'the assertion below another element': (xml) => xml.replace(assertionIn(xml), `<samlp:Extensions>${assertionIn(xml)}</samlp:Extensions>`),
}

for (const engine of engines) {
  describe(`SAML responses of unusual forms on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runSamlProvider()
    const stranger = await runSamlProvider()

    it('are refused before a key is used, if a signature is not such as SAML knows', async () => {
      const { poolId, clientId } = await givenSamlPool(server(), provider)
      for (const [name, forge] of Object.entries(shapes)) {
        let isChanged = false
        const changing: Forge = (xml) => {
          isChanged = forge(xml) !== xml
          return forge(xml)
        }
        const location = await signInBySaml(server(), clientId, { login: 'eve', forge: changing })
        assert.ok(isChanged, name)
        assert.equal(errorIn(location).description, unusual, name)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('are refused when they can be read in two ways', async () => {
      const { poolId, clientId } = await givenSamlPool(server(), provider)
      for (const [name, forge] of Object.entries(documents)) {
        const location = await signInBySaml(server(), clientId, { login: 'eve', forge })
        assert.ok(errorIn(location).description?.startsWith(refused), `${name}: ${location}`)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('do not shorten a NameID by CDATA sections, character references or other line ends', async () => {
      const { poolId, clientId, open } = await givenSamlPool(server(), provider)
      await open({ accounts: { eve: { nameId: 'Ana-1.evil', attributes: { [mailClaim]: 'eve@corp.test' } } } })
      for (const text of ['Ana-1<![CDATA[.evil]]>', '<![CDATA[Ana-1]]>.evil', 'Ana-1&#x2e;evil', '&#65;na-1.evil']) {
        const forge: Forge = (xml) => xml.replace('Ana-1.evil', text)
        assert.match(await signInBySaml(server(), clientId, { login: 'eve', forge }), /code=/, text)
      }
      for (const text of ['Ana-1<![CDATA[]]><x/>.evil', 'Ana-1&#0;.evil', 'Ana-1\r\n.evil', 'Ana-1&amp;.evil']) {
        const forge: Forge = (xml) => xml.replace('Ana-1.evil', text)
        assert.doesNotMatch(await signInBySaml(server(), clientId, { login: 'eve', forge }), /code=/, text)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_Ana-1.evil'])
    })

    it('do not name the user by an attribute instead of the NameID', async () => {
      const { poolId, clientId, open } = await givenSamlPool(server(), provider)
      const claims = { nameID: 'Ana-1', nameIDFormat: 'x', sessionIndex: 'x', ['__proto__']: 'x', getAssertionXml: '<x/>' }
      await open({ accounts: { eve: { nameId: ' ', attributes: claims } } })
      const { description } = errorIn(await signInBySaml(server(), clientId, { login: 'eve' }))
      assert.match(description ?? '', /^Invalid SAML response received: /)
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('are refused when another provider has signed them with a key of its own', async () => {
      const { poolId, clientId } = await givenSamlPool(server(), provider)
      const accounts = { ana: { nameId: 'Ana-1', attributes: { [mailClaim]: 'ana@corp.test' } } }
      for (const signs of ['assertion', 'response'] as const) {
        const { browser, toProvider } = await beginSaml(server(), clientId)
        const values = { Issuer: `${provider.origin}/metadata` }
        await stranger.open({ serviceProvider: serviceProviderOf(server(), poolId), accounts, values, signs })
        const form = await samlFormFor(toProvider.replace(provider.origin, stranger.origin), 'ana')
        const xml = Buffer.from(form.SAMLResponse, 'base64').toString()
        assert.match(xml, /<ds:KeyInfo>|<KeyInfo/)
        const { description } = errorIn(await answerSaml(browser, form))
        assert.equal(description, 'Invalid SAML response received: SAML Response signature is invalid', signs)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })
  })
}
