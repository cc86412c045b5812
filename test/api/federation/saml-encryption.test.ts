import assert from 'node:assert/strict'
import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import { DescribeIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { usernamesIn } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { beginSaml, givenSamlPool } from '../../support/saml-pool.ts'
import { runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import { useTestServer } from '../../support/test-server.ts'

const xenc = 'http://www.w3.org/2001/04/xmlenc#'
const oaep = `${xenc}rsa-oaep-mgf1p`
const isAssertion = /<saml:Assertion[\s\S]*<\/saml:Assertion>/

/** How the assertion is encrypted, and what is wrong with it. */
type Encryption = {
  readonly cipher?: 'aes-128-cbc' | 'aes-256-cbc' | 'aes-256-gcm' | 'des-ede3-cbc'
  readonly transport?: 'oaep' | 'v1.5'
  /** Changes the assertion before it is encrypted. */
  readonly change?: (assertion: string) => string
  /** The last byte of a padded text, in place of the right one. */
  readonly paddingByte?: number
  /** What is encrypted as the key, in place of the key. */
  readonly wrapped?: Buffer
  /** What stands in place of the encrypted key, and changes the ciphertext. */
  readonly wrappedKey?: Buffer
  readonly damage?: (content: Buffer) => Buffer
}

const ciphers = {
  'aes-128-cbc': { name: `${xenc}aes128-cbc`, key: 16, iv: 16 },
  'aes-256-cbc': { name: `${xenc}aes256-cbc`, key: 32, iv: 16 },
  'aes-256-gcm': { name: 'http://www.w3.org/2009/xmlenc11#aes256-gcm', key: 32, iv: 12 },
  'des-ede3-cbc': { name: `${xenc}tripledes-cbc`, key: 24, iv: 8 },
} as const

/** The element EncryptedAssertion, by XML Encryption 1.1. */
function encrypted(assertion: string, certificate: string, how: Encryption): string {
  const { cipher: type = 'aes-256-cbc', transport = 'oaep', change = (text) => text, damage = (bytes) => bytes } = how
  const { name, key: keyBytes, iv: ivBytes } = ciphers[type]
  const [key, iv] = [randomBytes(keyBytes), randomBytes(ivBytes)]
  const cipher = createCipheriv(type as 'aes-256-gcm', key, iv)
  const isGcm = type === 'aes-256-gcm'
  if (!isGcm) cipher.setAutoPadding(false)
  const text = Buffer.from(change(assertion))
  const missing = ivBytes - (text.length % ivBytes)
  const padding = isGcm ? Buffer.alloc(0) : Buffer.alloc(missing, how.paddingByte ?? missing)
  const parts = [iv, cipher.update(Buffer.concat([text, padding])), cipher.final(), isGcm ? cipher.getAuthTag() : Buffer.alloc(0)]
  const publicKey = new X509Certificate(Buffer.from(certificate, 'base64')).publicKey
  const padded = transport === 'oaep' ? constants.RSA_PKCS1_OAEP_PADDING : constants.RSA_PKCS1_PADDING
  const wrapped = how.wrappedKey ?? publicEncrypt({ key: publicKey, padding: padded }, how.wrapped ?? key)
  const element = (tag: string, algorithm: string, value: Buffer, inner = '') =>
    `<xenc:${tag} xmlns:xenc="${xenc}"><xenc:EncryptionMethod Algorithm="${algorithm}"/>${inner}<xenc:CipherData><xenc:CipherValue>${value.toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:${tag}>`
  const method = transport === 'oaep' ? oaep : `${xenc}rsa-1_5`
  const keyInfo = `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">${element('EncryptedKey', method, wrapped)}</ds:KeyInfo>`
  return `<saml:EncryptedAssertion>${element('EncryptedData', name, damage(Buffer.concat(parts)), keyInfo)}</saml:EncryptedAssertion>`
}

/** Everything that an attacker could change in a ciphertext, to learn from the answer what is in it. */
const probes: Readonly<Record<string, Encryption>> = {
  'padding of zero': { paddingByte: 0 },
  'padding longer than a block': { paddingByte: 17 },
  'a text without whole blocks': { damage: (content) => content.subarray(0, content.length - 3) },
  'no text at all': { damage: (content) => content.subarray(0, 16) },
  'right padding and no XML': { change: () => 'x'.repeat(500) },
  'right padding and broken XML': { change: (text) => text.slice(0, -10) },
  'XML with a document type': { change: (text) => `<!DOCTYPE x [<!ENTITY e "f">]>${text}` },
  'XML that is no assertion': { change: () => '<x/>' },
  'an assertion with a wrong signature': { change: (text) => text.replace('Eve-1', 'Ana-1') },
  'an assertion with a signature of an unusual form': { change: (text) => text.replace('</ds:Signature>', '<ds:Object/></ds:Signature>') },
  'an assertion without a signature': { change: (text) => text.replace(/<ds:Signature[\s\S]*<\/ds:Signature>/, '') },
  'two assertions in one': { change: (text) => text.replace('</saml:Assertion>', `${text}</saml:Assertion>`) },
  'a changed first block': { damage: (content) => Buffer.concat([randomBytes(16), content.subarray(16)]) },
  'a key block of random bytes': { wrappedKey: Buffer.concat([Buffer.alloc(1), randomBytes(255)]) },
  'a key block that is too short': { wrappedKey: randomBytes(100) },
  'a key of the wrong length': { wrapped: randomBytes(5) },
  'another key': { wrapped: randomBytes(32) },
  'a wrong tag of GCM': { cipher: 'aes-256-gcm', damage: (content) => Buffer.concat([content.subarray(0, -16), randomBytes(16)]) },
}

for (const engine of engines) {
  describe(`Encrypted SAML assertions on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runSamlProvider()

    async function given() {
      const made = await givenSamlPool(server(), provider, { details: { EncryptedResponses: 'true' } })
      const shown = await server().send(new DescribeIdentityProviderCommand({ UserPoolId: made.poolId, ProviderName: 'Corp' }))
      return { ...made, certificate: shown.IdentityProvider?.ProviderDetails?.['ActiveEncryptionCertificate'] ?? '' }
    }

    /** What the browser gets in the end: all that an attacker sees. */
    async function answerTo({ clientId, certificate }: { clientId: string; certificate: string }, how: Encryption) {
      const { browser, toProvider } = await beginSaml(server(), clientId)
      const { SAMLResponse, RelayState } = await samlFormFor(toProvider, 'eve')
      const xml = Buffer.from(SAMLResponse, 'base64').toString()
      const changed = xml.replace(isAssertion, (assertion) => encrypted(assertion, certificate, how))
      const form = { SAMLResponse: Buffer.from(changed).toString('base64'), RelayState }
      const kept = await browser.submit('/saml2/idpresponse', form, { 'sec-fetch-site': 'cross-site' })
      return browser.visit(kept.headers.get('location') ?? '')
    }

    it('open with AES-CBC and AES-GCM', async () => {
      const pool = await given()
      for (const cipher of ['aes-128-cbc', 'aes-256-cbc', 'aes-256-gcm'] as const) {
        assert.match((await answerTo(pool, { cipher })).headers.get('location') ?? '', /code=/, cipher)
      }
    })

    it('tell nothing about what is in them: whatever is wrong, the answer is the same', async () => {
      const pool = await given()
      const seen = new Map<string, string[]>()
      for (const [name, how] of Object.entries(probes)) {
        const { status, text, headers } = await answerTo(pool, how)
        const shown = [...headers].filter(([header]) => !['date', 'x-amzn-requestid', 'x-amz-cognito-request-id'].includes(header))
        const answer = JSON.stringify([status, text, shown])
        seen.set(answer, [...(seen.get(answer) ?? []), name])
      }
      assert.equal(seen.size, 1, JSON.stringify([...seen], undefined, 1))
      const location = (await answerTo(pool, { paddingByte: 0 })).headers.get('location') ?? ''
      assert.equal(errorIn(location).description, 'Invalid SAML response received: the encrypted assertion cannot be used')
      assert.deepEqual(await usernamesIn(server(), pool.poolId), [])
    })

    it('are refused with RSA PKCS #1 v1.5 or Triple DES, and with AES-CBC where the provider has to use AES-GCM', async () => {
      const pool = await given()
      const refused = 'Invalid SAML response received: the encryption has an algorithm that is not accepted'
      const descriptionOf = async (how: Encryption) => errorIn((await answerTo(pool, how)).headers.get('location') ?? '').description
      assert.equal(await descriptionOf({ transport: 'v1.5' }), refused)
      assert.equal(await descriptionOf({ cipher: 'des-ede3-cbc' }), refused)
      const Federation = { Providers: { Corp: { AssertionEncryption: 'AUTHENTICATED' } } }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: pool.poolId, Federation })
      assert.equal(await descriptionOf({ cipher: 'aes-256-cbc' }), refused)
      assert.match((await answerTo(pool, { cipher: 'aes-256-gcm' })).headers.get('location') ?? '', /code=/)
    })
  })
}
