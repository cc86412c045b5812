import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { UpdateIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { encode } from '../../support/oauth.ts'
import { logoutRequest, nameIdWith, samlLogouts } from '../../support/saml-logouts.ts'
import { serviceProviderOf } from '../../support/saml-pool.ts'
import { beginLogoutAt, runSamlProvider } from '../../support/saml-provider.ts'
import type { SamlLogoutStart } from '../../support/saml-provider-process.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const lost = '/error?error=invalid_request'
const nameId = nameIdWith()
const minuteMs = 60_000

/** Changes of a signed request that names eve, so that it names ana. */
function wrappingsOf(xml: string): readonly string[] {
  const bare = xml.replace(/<ds:Signature[\s\S]*<\/ds:Signature>/, '')
  const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? ''
  const ana = bare.replace('Eve-1', 'Ana-1')
  return [
    xml.replace('Eve-1', 'Ana-1'),
    ana,
    ana.replace(/ ID="[^"]*"/, ' ID="_evil"').replace('</saml:Issuer>', `</saml:Issuer>${xml}`),
    ana.replace('</saml:Issuer>', `</saml:Issuer>${signature.replace('</ds:Signature>', `<ds:Object>${bare}</ds:Object></ds:Signature>`)}`),
    ana
      .replace(/ ID="[^"]*"/, ' ID="_evil"')
      .replace('</saml:Issuer>', `</saml:Issuer>${signature}<samlp:Extensions>${bare}</samlp:Extensions>`),
    `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml}`,
    'no XML',
  ]
}

for (const engine of engines) {
  describe(`Forged logouts of a SAML provider on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runSamlProvider()
    const stranger = await runSamlProvider()
    const { given, signedIn, bring, start, answerIn, isSignedIn } = samlLogouts(server, provider)

    it('end nothing for another user or another session, and say so', async () => {
      const { clientId } = await given()
      const { browser } = await signedIn(clientId)
      const others: readonly Partial<SamlLogoutStart>[] = [
        { values: { NameID: 'Eve-1' } },
        { values: { NameID: 'ana-1' } },
        { values: { NameIDFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' } },
        { values: { SessionIndex: 'session-2' } },
        { template: logoutRequest(nameIdWith('NameQualifier="urn:x"')) },
        { template: logoutRequest(nameIdWith('SPNameQualifier="urn:x"')) },
      ]
      for (const how of others) {
        const { status } = await answerIn(locationOf(await start(browser, how)))
        assert.deepEqual(status, ['Requester', 'UnknownPrincipal'], JSON.stringify(how))
      }
      assert.ok(await isSignedIn(browser, clientId))
    })

    it('are refused when they are unsigned, old, misdirected, of another issuer or ambiguous, and end nothing', async () => {
      const { clientId } = await given()
      const { browser } = await signedIn(clientId)
      const at = (ms: number) => new Date(Date.now() + ms).toISOString()
      const wrong: readonly Partial<SamlLogoutStart>[] = [
        { isUnsigned: true },
        { values: { Destination: `${server().url}/saml2/idpresponse` } },
        { values: { Destination: '' } },
        { values: { Issuer: 'https://other.test/' } },
        { values: { IssueInstant: at(-9 * minuteMs) } },
        { values: { IssueInstant: at(4 * minuteMs) } },
        { values: { IssueInstant: 'now' } },
        { values: { NotOnOrAfter: at(-4 * minuteMs) } },
        { values: { NotOnOrAfter: 'later' } },
        { values: { NameID: '' } },
        { relayState: 'x'.repeat(1001) },
        { template: logoutRequest('') },
        { template: logoutRequest(nameId + nameId) },
        { template: logoutRequest(`${nameId}<saml:EncryptedID/>`) },
        { template: logoutRequest(`<samlp:Extensions>${nameId}</samlp:Extensions>`) },
        { template: logoutRequest(nameId).replace('<saml:Issuer>', '<saml:Issuer>urn:x</saml:Issuer><saml:Issuer>') },
        { template: logoutRequest(nameId).replaceAll('LogoutRequest', 'AuthnRequest') },
      ]
      for (const how of wrong) {
        for (const binding of ['redirect', 'post'] as const) {
          // The library signs messages only under their right name.
          if (how.template?.includes('AuthnRequest') && binding === 'post') continue
          assert.equal(locationOf(await start(browser, { binding, ...how })), lost, JSON.stringify([binding, how]))
        }
      }
      assert.ok(await isSignedIn(browser, clientId))
    })

    it('count once, also in another session', async () => {
      const { clientId } = await given()
      for (const binding of ['redirect', 'post'] as const) {
        const sent = await beginLogoutAt(provider, { binding })
        const { browser } = await signedIn(clientId)
        assert.deepEqual((await answerIn(locationOf(await bring(browser, sent)))).status, ['Success'])
        await signedIn(clientId, 'ana', browser)
        assert.equal(locationOf(await bring(browser, sent)), lost)
        assert.ok(await isSignedIn(browser, clientId))
      }
    })

    it('are refused when another provider has signed them, or their signature is weak, wrapped or changed', async () => {
      const { clientId, poolId, set } = await given()
      const { browser } = await signedIn(clientId)
      await stranger.open({ serviceProvider: serviceProviderOf(server(), poolId), accounts: {}, logout: set })
      const Issuer = `${provider.origin}/metadata`
      for (const binding of ['redirect', 'post'] as const) {
        const forged = await beginLogoutAt(stranger, { binding, values: { Issuer } })
        assert.equal(locationOf(await bring(browser, forged)), lost)
      }
      const { to = '' } = await beginLogoutAt(provider, { binding: 'redirect', values: { NameID: 'Eve-1' } })
      const ofAna = await beginLogoutAt(provider, { binding: 'redirect', isUnsigned: true })
      const unsigned = new URL(ofAna.to ?? '').searchParams.get('SAMLRequest') ?? ''
      const changes: ((query: URLSearchParams) => void)[] = [
        (query) => query.set('SAMLRequest', unsigned),
        (query) => query.append('SAMLRequest', unsigned),
        (query) => query.set('RelayState', 'x'),
        (query) => query.delete('SigAlg'),
        (query) => query.set('SigAlg', 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'),
        (query) => query.set('SAMLResponse', query.get('SAMLRequest') ?? ''),
        (query) => query.set('SAMLForm', unsigned),
      ]
      for (const change of changes) {
        const { pathname, searchParams } = new URL(to)
        change(searchParams)
        assert.equal(locationOf(await browser.visit(`${pathname}?${searchParams}`)), lost, String(change))
      }
      const { form = {} } = await beginLogoutAt(provider, { binding: 'post', values: { NameID: 'Eve-1' } })
      const xml = Buffer.from(form['SAMLRequest'] ?? '', 'base64').toString()
      for (const text of wrappingsOf(xml)) {
        const SAMLRequest = Buffer.from(text).toString('base64')
        assert.equal(locationOf(await bring(browser, { id: '', form: { SAMLRequest } })), lost, text)
      }
      assert.ok(await isSignedIn(browser, clientId))
      assert.deepEqual((await answerIn(locationOf(await bring(browser, { id: '', form })))).status, ['Requester', 'UnknownPrincipal'])
    })

    it('are bounded, also when they are compressed', async () => {
      const { clientId } = await given()
      const { browser } = await signedIn(clientId)
      const bomb = deflateRawSync(Buffer.alloc(50_000_000, ' ')).toString('base64')
      for (const name of ['SAMLRequest', 'SAMLForm']) {
        const reply = await browser.visit(`/saml2/logout?${encode({ [name]: bomb.slice(0, 7000) })}`)
        assert.equal(locationOf(reply), lost)
      }
      const large = Buffer.from(logoutRequest(`${nameId}<!--${'ab'.repeat(30_000)}-->`)).toString('base64')
      assert.equal(locationOf(await bring(browser, { id: '', form: { SAMLRequest: large } })), lost)
      const entropy = Buffer.from(Array.from({ length: 30_000 }, (_, at) => (at * 7919) % 251)).toString('base64')
      const { status } = await browser.submit('/saml2/logout', { SAMLRequest: entropy + entropy.slice(5) })
      assert.ok(status === 303 || status === 413, String(status))
      assert.ok(await isSignedIn(browser, clientId))
    })

    it('are refused by a provider without IDPSignout, and in a browser without a session', async () => {
      const { clientId, poolId, metadata } = await given()
      const { browser } = await signedIn(clientId)
      assert.equal(locationOf(await start(new TestBrowser(server()))), lost)
      const ProviderDetails = { MetadataFile: metadata, IDPSignout: 'false' }
      await server().send(new UpdateIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp', ProviderDetails }))
      assert.equal(locationOf(await start(browser)), lost)
      assert.ok(await isSignedIn(browser, clientId))
    })
  })
}
