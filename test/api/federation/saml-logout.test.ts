import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inflateRawSync } from 'node:zlib'
import { DeleteIdentityProviderCommand, GetSigningCertificateCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest } from '../../support/federation.ts'
import { encode } from '../../support/oauth.ts'
import { answerSaml, beginSaml, givenSamlPool, serviceProviderOf } from '../../support/saml-pool.ts'
import { runSamlProvider, samlFormFor, samlLogoutAnswerFor } from '../../support/saml-provider.ts'
import type { SamlSetUp } from '../../support/saml-provider-process.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const lost = '/error?error=invalid_request'
const logoutUrl = 'https://app.test/bye'

for (const engine of engines) {
  describe(`Logout at a SAML provider on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runSamlProvider()

    /** A pool whose logouts go to the provider, which answers as `logout` says. */
    async function given({ details = { IDPSignout: 'true' }, logout = {} }: { details?: Record<string, string>; logout?: object } = {}) {
      const pool = await givenSamlPool(server(), provider, { details })
      const { Certificate = '' } = await server().send(new GetSigningCertificateCommand({ UserPoolId: pool.poolId }))
      const open = (more: object) => {
        const returnUri = `${server().url}/saml2/logout`
        return pool.open({ logout: { certificate: Certificate, returnUri, binding: 'post', ...more } as SamlSetUp['logout'] & object })
      }
      await open(logout)
      return { ...pool, openLogout: open }
    }

    async function signedIn(clientId: string, login = 'ana'): Promise<TestBrowser> {
      const { browser, toProvider } = await beginSaml(server(), clientId)
      assert.match(await answerSaml(browser, await samlFormFor(toProvider, login)), /code=/)
      return browser
    }

    const logoutPath = (clientId: string) => `/logout?${encode({ client_id: clientId, logout_uri: logoutUrl })}`
    const logOut = async (browser: TestBrowser, clientId: string) => locationOf(await browser.visit(logoutPath(clientId)))

    /** Brings the form to the server. Returns where the browser is sent. */
    async function bring(browser: TestBrowser, form: Readonly<Record<string, string>>): Promise<string> {
      const kept = await browser.submit('/saml2/logout', form, { 'sec-fetch-site': 'cross-site' })
      return locationOf(kept.status === 303 ? await browser.visit(kept.headers.get('location') ?? '') : kept)
    }

    const isSignedIn = async (browser: TestBrowser, clientId: string) =>
      locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId, { identity_provider: undefined }))}`)).includes(
        'code=',
      )

    it('sends a signed LogoutRequest with NameID and SessionIndex, and goes on to the app after the answer by a form', async () => {
      const { clientId } = await given()
      const browser = await signedIn(clientId)
      assert.ok(await isSignedIn(browser, clientId))
      const toProvider = await logOut(browser, clientId)
      assert.ok(toProvider.startsWith(`${provider.origin}/slo?`))
      const parameters = new URL(toProvider).searchParams
      assert.equal(parameters.get('SigAlg'), 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256')
      const xml = inflateRawSync(Buffer.from(parameters.get('SAMLRequest') ?? '', 'base64')).toString()
      assert.match(xml, /<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">Ana-1<\/saml:NameID>/)
      assert.match(xml, /SessionIndex[^>]*>session-1</)
      const { form } = await samlLogoutAnswerFor(toProvider)
      assert.equal(await bring(browser, form), logoutUrl)
      assert.ok(!(await isSignedIn(browser, clientId)))
    })

    it('takes the answer by a redirect, and goes on to the sign-in page for a redirect_uri', async () => {
      const { clientId } = await given({ logout: { binding: 'redirect' } })
      const browser = await signedIn(clientId)
      const { identity_provider: _provider, ...request } = appRequest(clientId)
      const { to } = await samlLogoutAnswerFor(locationOf(await browser.visit(`/logout?${encode(request)}`)))
      const back = new URL(to ?? '')
      assert.ok(locationOf(await browser.visit(back.pathname + back.search)).startsWith('/login?'))
    })

    it('goes straight on without IDPSignout, and when the provider was deleted', async () => {
      const quiet = await given({ details: {} })
      assert.equal(await logOut(await signedIn(quiet.clientId), quiet.clientId), logoutUrl)
      const { poolId, clientId } = await given()
      const browser = await signedIn(clientId)
      await server().send(new DeleteIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp' }))
      assert.equal(await logOut(browser, clientId), logoutUrl)
    })

    it('goes on to the app when the provider says that it did not end the session', async () => {
      const { clientId } = await given({ logout: { values: { StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Responder' } } })
      const browser = await signedIn(clientId)
      const { form } = await samlLogoutAnswerFor(await logOut(browser, clientId))
      assert.equal(await bring(browser, form), logoutUrl)
    })

    it('ends the session here although the provider never answers', async () => {
      const { clientId } = await given()
      const browser = await signedIn(clientId)
      const copy = new TestBrowser(server())
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
      await logOut(browser, clientId)
      assert.ok(!(await isSignedIn(browser, clientId)))
      assert.ok(!(await isSignedIn(copy, clientId)))
      assert.equal(await logOut(browser, clientId), logoutUrl)
    })

    it('refuses answers that are unsigned, forged, for another request or of another issuer', async () => {
      const { clientId, openLogout } = await given()
      const good = async (browser: TestBrowser) => samlLogoutAnswerFor(await logOut(browser, clientId))
      for (const wrong of [
        { isUnsigned: true },
        { values: { InResponseTo: '_other' } },
        { values: { Issuer: 'https://other.test/' } },
        { values: { Destination: 'https://other.test/' } },
      ]) {
        for (const binding of ['post', 'redirect']) {
          await openLogout({ binding, ...wrong })
          const browser = await signedIn(clientId)
          const { form, to } = await good(browser)
          const back = to === null ? undefined : new URL(to)
          const location = back === undefined ? await bring(browser, form) : locationOf(await browser.visit(back.pathname + back.search))
          assert.equal(location, `${lost}&client_id=${encodeURIComponent(clientId)}`, JSON.stringify([binding, wrong]))
        }
      }
    })

    it('refuses a form whose signed part is wrapped into another message, and a changed one', async () => {
      const { clientId } = await given()
      const forgeries: ((xml: string) => string)[] = [
        (xml) => xml.replace('status:Success', 'status:Responder'),
        (xml) => `<!DOCTYPE a [<!ENTITY b "c">]>${xml}`,
        (xml) =>
          xml
            .replace(/<(\w+:)?LogoutResponse /, '<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_evil">$&')
            .concat('</samlp:LogoutResponse>'),
        (xml) => xml.replace(/<ds:Signature.*<\/ds:Signature>/s, ''),
      ]
      for (const forge of forgeries) {
        const browser = await signedIn(clientId)
        const { form } = await samlLogoutAnswerFor(await logOut(browser, clientId))
        const SAMLResponse = Buffer.from(forge(Buffer.from(form.SAMLResponse, 'base64').toString())).toString('base64')
        assert.ok((await bring(browser, { ...form, SAMLResponse })).startsWith(lost), String(forge))
      }
    })

    it('refuses a redirect with parameters that are changed, repeated or weakly signed', async () => {
      const { clientId } = await given({ logout: { binding: 'redirect' } })
      const changes: ((query: URLSearchParams) => void)[] = [
        (query) => query.delete('Signature'),
        (query) => query.delete('SigAlg'),
        (query) => query.set('SigAlg', 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'),
        (query) => query.append('SAMLResponse', query.get('SAMLResponse') ?? ''),
        (query) => query.set('Signature', Buffer.alloc(256).toString('base64')),
        (query) => query.set('SAMLResponse', Buffer.from('<a/>').toString('base64')),
      ]
      for (const change of changes) {
        const browser = await signedIn(clientId)
        const { to } = await samlLogoutAnswerFor(await logOut(browser, clientId))
        const { pathname, searchParams } = new URL(to ?? '')
        change(searchParams)
        assert.ok(locationOf(await browser.visit(`${pathname}?${searchParams}`)).startsWith(lost), String(change))
      }
    })

    it('takes an answer once, only in the browser that logged out, and not for another logout', async () => {
      const { clientId } = await given()
      const browser = await signedIn(clientId)
      const { form } = await samlLogoutAnswerFor(await logOut(browser, clientId))
      const eve = await signedIn(clientId, 'eve')
      const ofEve = await samlLogoutAnswerFor(await logOut(eve, clientId))
      assert.equal(await bring(eve, form), lost)
      assert.ok((await bring(eve, { ...ofEve.form, SAMLResponse: form.SAMLResponse })).startsWith(lost))
      assert.equal(await bring(browser, form), logoutUrl)
      assert.equal(await bring(browser, form), lost)
    })

    it('does not take a logout for a sign-in, nor a sign-in for a logout', async () => {
      const { clientId } = await given()
      const browser = await signedIn(clientId)
      const { form } = await samlLogoutAnswerFor(await logOut(browser, clientId))
      assert.equal(await answerSaml(browser, form), lost)
      const begun = await beginSaml(server(), clientId, browser)
      assert.equal(await bring(browser, await samlFormFor(begun.toProvider, 'ana')), lost)
    })

    it('forgets a logout after five minutes', async () => {
      const { clientId } = await given()
      const browser = await signedIn(clientId)
      const { form } = await samlLogoutAnswerFor(await logOut(browser, clientId))
      server().clock.advance(5 * 60_000)
      assert.equal(await bring(browser, form), lost)
    })

    it('refuses logouts that the provider begins without a signature', async () => {
      const { clientId } = await given()
      const browser = await signedIn(clientId)
      const message = Buffer.from('<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>').toString('base64')
      assert.equal(await bring(browser, { SAMLRequest: message }), lost)
      assert.equal(locationOf(await browser.visit(`/saml2/logout?${encode({ SAMLRequest: message })}`)), lost)
      assert.ok(await isSignedIn(browser, clientId))
    })

    it('publishes the address for answers in the metadata', async () => {
      const { poolId } = await given()
      const metadata = await (await fetch(`${server().url}/${poolId}/saml2/metadata`)).text()
      const { assertionConsumerUrl } = serviceProviderOf(server(), poolId)
      assert.ok(
        metadata.includes(
          `SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${server().url}/saml2/logout"`,
        ),
      )
      assert.ok(metadata.includes(assertionConsumerUrl))
    })
  })
}
