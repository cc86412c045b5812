import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { engines } from '../../support/engines.ts'
import { usernamesIn } from '../../support/federation.ts'
import { encode } from '../../support/oauth.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { answerSaml, beginSaml, givenSamlPool, signInBySaml } from '../../support/saml-pool.ts'
import { runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import { locationOf } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const assertionIn = (xml: string): string => /<saml:Assertion[\s\S]*<\/saml:Assertion>/.exec(xml)?.[0] ?? ''
const signatureIn = (xml: string): string => /<ds:Signature[\s\S]*?<\/ds:Signature>/.exec(xml)?.[0] ?? ''
const withoutSignature = (xml: string): string => xml.replace(/<ds:Signature[\s\S]*?<\/ds:Signature>/, '')
/** The part as the attacker wants it: another user, and an id of its own. */
const evil = (xml: string): string => xml.replace(/ ID="[^"]+"/, ' ID="_evil"').replaceAll('Eve-1', 'Ana-1')
const objectWith = (xml: string): string => `<ds:Object>${xml}</ds:Object>`

type Forge = (xml: string) => string

/** The eight shapes of signature wrapping ("On Breaking SAML: Be Whoever You Want to Be", 2012), as tools number them. */
const responseShapes: Readonly<Record<string, Forge>> = {
  'XSW1: the signed response inside of the signature of another response'(xml) {
    const signature = signatureIn(xml)
    const wrapped = signature.replace('</ds:Signature>', `${objectWith(withoutSignature(xml))}</ds:Signature>`)
    return evil(xml).replace(signatureIn(evil(xml)), wrapped)
  },
  'XSW2: the signed response before the signature of another response'(xml) {
    const bare = withoutSignature(evil(xml))
    return bare.replace('</saml:Issuer>', `</saml:Issuer>${withoutSignature(xml)}${signatureIn(xml)}`)
  },
}

const assertionShapes: Readonly<Record<string, Forge>> = {
  'XSW3: another assertion before the signed one'(xml) {
    const signed = assertionIn(xml)
    return xml.replace(signed, withoutSignature(evil(signed)) + signed)
  },
  'XSW4: the signed assertion inside of another one'(xml) {
    const signed = assertionIn(xml)
    return xml.replace(signed, withoutSignature(evil(signed)).replace('</saml:Assertion>', `${signed}</saml:Assertion>`))
  },
  'XSW5: another assertion with the signature, and the signed one behind it'(xml) {
    const signed = assertionIn(xml)
    return xml.replace(signed, evil(signed) + withoutSignature(signed))
  },
  'XSW6: the signed assertion inside of the signature of another one'(xml) {
    const signed = assertionIn(xml)
    const signature = signatureIn(signed).replace('</ds:Signature>', `${withoutSignature(signed)}</ds:Signature>`)
    return xml.replace(signed, evil(withoutSignature(signed)).replace('</saml:Issuer>', `</saml:Issuer>${signature}`))
  },
  'XSW7: another assertion inside of extensions'(xml) {
    const signed = assertionIn(xml)
    return xml.replace(signed, `<samlp:Extensions>${withoutSignature(evil(signed))}</samlp:Extensions>${signed}`)
  },
  'XSW8: the signed assertion as an object of the signature of another one'(xml) {
    const signed = assertionIn(xml)
    const signature = signatureIn(signed).replace('</ds:Signature>', `${objectWith(withoutSignature(signed))}</ds:Signature>`)
    return xml.replace(signed, evil(withoutSignature(signed)).replace('</saml:Issuer>', `</saml:Issuer>${signature}`))
  },
}

for (const engine of engines) {
  describe(`Forged SAML responses on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runSamlProvider()

    /** Nobody but the user of the genuine response may be signed in. */
    async function requireNoVictim(poolId: string, location: string, name: string): Promise<void> {
      const usernames = await usernamesIn(server(), poolId)
      assert.ok(!usernames.includes('Corp_Ana-1'), name)
      if (!new URL(location, server().url).searchParams.has('code')) return
      assert.deepEqual(usernames, ['Corp_Eve-1'], name)
    }

    for (const [name, forge] of Object.entries(assertionShapes)) {
      it(`do not sign in another user by ${name}`, async () => {
        const { poolId, clientId } = await givenSamlPool(server(), provider)
        await requireNoVictim(poolId, await signInBySaml(server(), clientId, { login: 'eve', forge }), name)
      })
    }

    for (const [name, forge] of Object.entries(responseShapes)) {
      it(`do not sign in another user by ${name}`, async () => {
        const { poolId, clientId } = await givenSamlPool(server(), provider, { setUp: { signs: 'response' } })
        await requireNoVictim(poolId, await signInBySaml(server(), clientId, { login: 'eve', forge }), name)
      })
    }

    it('are refused when the signature is missing, changed or weak', async () => {
      const { poolId, clientId, open } = await givenSamlPool(server(), provider)
      const forgeries: Forge[] = [
        withoutSignature,
        (xml) => xml.replace('Eve-1', 'Ana-1'),
        (xml) => xml.replace('eve@corp.test', 'ana@corp.test'),
        (xml) => xml.replace('<ds:SignatureValue>', '<ds:SignatureValue>AAAA'),
        (xml) => xml.replace(/<ds:SignatureValue>[^<]*/, '<ds:SignatureValue>'),
      ]
      for (const forge of forgeries) {
        const location = await signInBySaml(server(), clientId, { login: 'eve', forge })
        assert.equal(errorIn(location).description, 'Invalid SAML response received: SAML Response signature is invalid')
      }
      await open({ signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' })
      const weak = await signInBySaml(server(), clientId)
      assert.equal(errorIn(weak).description, 'Invalid SAML response received: a signature has a weak algorithm')
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('do not shorten a NameID by a comment', async () => {
      const { poolId, clientId, open } = await givenSamlPool(server(), provider)
      await open({ accounts: { eve: { nameId: 'Ana-1.evil', attributes: {} } } })
      const forge: Forge = (xml) => xml.replace('Ana-1.evil', 'Ana-1<!-- -->.evil')
      await signInBySaml(server(), clientId, { login: 'eve', forge })
      assert.ok(!(await usernamesIn(server(), poolId)).includes('Corp_Ana-1'))
    })

    it('read no files, expand no entities, and are bounded', async () => {
      const { poolId, clientId } = await givenSamlPool(server(), provider)
      const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
      const forgeries: Forge[] = [
        (xml) => bomb + xml.replace('Eve-1', '&b;'),
        (xml) => `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>${xml.replace('Eve-1', '&f;')}`,
        (xml) => `<?xml version="1.0"?><!doctype x SYSTEM "http://127.0.0.1:1/">${xml}`,
        () => 'no XML',
        () => '<a>',
        (xml) => xml + ' '.repeat(80_000),
      ]
      for (const forge of forgeries) {
        const location = await signInBySaml(server(), clientId, { login: 'eve', forge })
        assert.match(errorIn(location).description ?? location, /^Invalid SAML response received/)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('of another pool, for another request, or at another time sign nobody in', async () => {
      const one = await givenSamlPool(server(), provider)
      const { toProvider } = await beginSaml(server(), one.clientId)
      const foreign = await samlFormFor(toProvider, 'ana')
      const other = await givenSamlPool(server(), provider)
      const { browser, toProvider: otherProvider } = await beginSaml(server(), other.clientId)
      const RelayState = new URL(otherProvider).searchParams.get('RelayState') ?? ''
      const swapped = await answerSaml(browser, { SAMLResponse: foreign.SAMLResponse, RelayState })
      assert.match(errorIn(swapped).description ?? swapped, /^Invalid SAML response received/)

      const again = await beginSaml(server(), other.clientId)
      const late = await samlFormFor(again.toProvider, 'ana')
      server().clock.advance(4 * 60_000 + 59_000)
      await other.open()
      // The assertion was made for five minutes and three minutes of skew. The sign-in itself lasts five minutes.
      server().clock.advance(60_000)
      assert.equal(await answerSaml(again.browser, late), '/error?error=invalid_request')
      assert.deepEqual(await usernamesIn(server(), other.poolId), [])
    })

    it('are refused when they come by a redirect, and do not end the sign-in', async () => {
      const { poolId, clientId } = await givenSamlPool(server(), provider)
      const { browser, toProvider } = await beginSaml(server(), clientId)
      const form = await samlFormFor(toProvider, 'eve')
      const deflated = deflateRawSync(Buffer.from(form.SAMLResponse, 'base64')).toString('base64')
      for (const query of [form, { ...form, SAMLResponse: deflated }, { state: form.RelayState, SAMLResponse: form.SAMLResponse }]) {
        const reply = await browser.visit(`/saml2/idpresponse?${encode(query)}`)
        assert.equal(locationOf(reply), '/error?error=invalid_request')
        assert.equal((await browser.visit(locationOf(reply))).status, 400)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
      assert.match(await answerSaml(browser, form), /code=/)
    })

    it('are refused at once when their markup makes the parser read the document again and again', async () => {
      const { poolId, clientId } = await givenSamlPool(server(), provider)
      const parts = ['<?', '<?x ', '<?x ?>', '<!', '<!-', '<![', '<!-- -->', '<![CDATA[', '<![CDATA[]]>']
      for (const part of parts) {
        const { browser, toProvider } = await beginSaml(server(), clientId)
        const { RelayState } = await samlFormFor(toProvider, 'eve')
        const xml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${part.repeat(70_000 / part.length)}`
        const before = process.cpuUsage()
        const location = await answerSaml(browser, { SAMLResponse: Buffer.from(xml).toString('base64'), RelayState })
        const { user, system } = process.cpuUsage(before)
        assert.equal(errorIn(location).description?.startsWith('Invalid SAML response received: '), true, part)
        assert.ok(user + system < 1_000_000, `${part} took ${(user + system) / 1000} ms of the processor`)
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('may have an XML declaration and comments', async () => {
      const { clientId } = await givenSamlPool(server(), provider)
      const forge = (xml: string) =>
        xml.replace(/(<samlp:Response[^>]*>)/, '<?xml version="1.0" encoding="UTF-8"?><!-- one -->$1<!-- <two> -->')
      assert.match(await signInBySaml(server(), clientId, { login: 'eve', forge }), /code=/)
    })

    it('are refused before a part is decrypted, if it names its key by an XPath expression or there are several', async () => {
      const { clientId } = await givenSamlPool(server(), provider, { details: { EncryptedResponses: 'true' } })
      const parts = {
        'a RetrievalMethod has an unusual URI': `<EncryptedData><KeyInfo><RetrievalMethod URI="#x' or //*[//*[.='z']] or 'a'='b"/></KeyInfo></EncryptedData>`,
        'more than one assertion is encrypted': '</saml:EncryptedAssertion><saml:EncryptedAssertion>',
      }
      for (const [reason, part] of Object.entries(parts)) {
        const forge = (xml: string) => xml.replace(assertionIn(xml), `<saml:EncryptedAssertion>${part}</saml:EncryptedAssertion>`)
        const { description } = errorIn(await signInBySaml(server(), clientId, { login: 'eve', forge }))
        assert.equal(description, `Invalid SAML response received: ${reason}`)
      }
    })
  })
}
