import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import {
  CreateUserPoolDomainCommand,
  GetSigningCertificateCommand,
  UpdateIdentityProviderCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { openLogoutApp } from '../../support/logout-apps.ts'
import { givenAppClient, givenConnectedClient, setLogout, signInTo } from '../../support/logout-clients.ts'
import { callback, encode, requestToken } from '../../support/oauth.ts'
import { answerSaml, givenSamlPool, serviceProviderOf } from '../../support/saml-pool.ts'
import { beginLogoutAt, readLogoutAnswerAt, runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import type { SamlLogoutStart, SamlSetUp } from '../../support/saml-provider-process.ts'
import { formActionIn, hiddenFieldsIn, locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const lost = '/error?error=invalid_request'
const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
const names = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
const head = `<samlp:LogoutRequest ${names} ID="{ID}" Version="2.0" IssueInstant="{IssueInstant}" Destination="{Destination}"><saml:Issuer>{Issuer}</saml:Issuer>`
const request = (inner: string): string => `${head}${inner}</samlp:LogoutRequest>`
const nameId = `<saml:NameID Format="${persistent}">{NameID}</saml:NameID>`
const minuteMs = 60_000

for (const engine of engines) {
  describe(`Logouts that a SAML provider begins on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runSamlProvider()
    const stranger = await runSamlProvider()

    type Given = { details?: Record<string, string>; logout?: object }
    async function given({ details = { IDPSignout: 'true' }, logout = {} }: Given = {}) {
      const made = await givenSamlPool(server(), provider, { details })
      const { Certificate = '' } = await server().send(new GetSigningCertificateCommand({ UserPoolId: made.poolId }))
      const returnUri = `${server().url}/saml2/logout`
      const set = { certificate: Certificate, returnUri, binding: 'post', ...logout } as SamlSetUp['logout'] & object
      const metadata = await made.open({ logout: set })
      const ProviderDetails = { MetadataFile: metadata, ...details }
      await server().send(new UpdateIdentityProviderCommand({ UserPoolId: made.poolId, ProviderName: 'Corp', ProviderDetails }))
      return { ...made, metadata, set }
    }

    async function signedIn(clientId: string, login = 'ana', browser = new TestBrowser(server())) {
      const query = encode(appRequest(clientId, { prompt: 'login' }))
      const toProvider = locationOf(await browser.visit(`/oauth2/authorize?${query}`))
      const location = await answerSaml(browser, await samlFormFor(toProvider, login))
      assert.match(location, /code=/)
      return { browser, code: new URL(location).searchParams.get('code') ?? '' }
    }

    /** The browser brings the request of the provider, and gets the answer of the server. */
    async function bring(browser: TestBrowser, { to, form }: Awaited<ReturnType<typeof beginLogoutAt>>) {
      if (to !== undefined) return browser.visit(to.slice(server().url.length))
      const kept = await browser.submit('/saml2/logout', form ?? {}, { 'sec-fetch-site': 'cross-site' })
      return kept.status === 303 ? browser.visit(kept.headers.get('location') ?? '') : kept
    }
    const start = async (browser: TestBrowser, how: Partial<SamlLogoutStart> = {}) =>
      bring(browser, await beginLogoutAt(provider, { binding: 'redirect', ...how }))

    const answerIn = async (location: string) => readLogoutAnswerAt(provider, { query: new URL(location).search })
    const isSignedIn = async (browser: TestBrowser, clientId: string) =>
      locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId, { identity_provider: undefined }))}`)).includes(
        'code=',
      )

    for (const binding of ['redirect', 'post'] as const) {
      it(`end the session of the browser, and are answered with the RelayState, when they come by ${binding}`, async () => {
        const { poolId, clientId } = await given()
        const { browser, code } = await signedIn(clientId)
        const redeemed = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code }
        const refresh_token = String((await requestToken(server(), redeemed)).body['refresh_token'])
        const copy = new TestBrowser(server())
        for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
        const sent = await beginLogoutAt(provider, { binding, relayState: 'there & back' })
        const location = locationOf(await bring(browser, sent))
        assert.ok(location.startsWith(`${provider.origin}/slo?`))
        assert.deepEqual(await answerIn(location), {
          inResponseTo: sent.id,
          destination: `${provider.origin}/slo`,
          issuer: serviceProviderOf(server(), poolId).entityId,
          status: ['Success'],
          relayState: 'there & back',
        })
        assert.ok(![...browser.cookies.keys()].some((name) => name.includes(poolId)))
        for (const one of [browser, copy]) assert.ok(!(await isSignedIn(one, clientId)))
        // As after a logout of ours, the tokens of the app live on.
        assert.equal((await requestToken(server(), { grant_type: 'refresh_token', client_id: clientId, refresh_token })).status, 200)
      })
    }

    it('are answered by a form where the metadata names that binding only, and without a RelayState where there was none', async () => {
      const { clientId } = await given({ logout: { takes: 'post' } })
      for (const relayState of ['back', '']) {
        const { browser } = await signedIn(clientId)
        const sent = await beginLogoutAt(provider, { binding: 'redirect', relayState })
        const page = await bring(browser, sent)
        assert.equal(page.status, 200)
        assert.equal(formActionIn(page), `${provider.origin}/slo`)
        const answer = await readLogoutAnswerAt(provider, { form: hiddenFieldsIn(page) })
        assert.deepEqual([answer.inResponseTo, answer.status, answer.relayState], [sent.id, ['Success'], relayState || null])
        assert.ok(!(await isSignedIn(browser, clientId)))
      }
    })

    it('may name several sessions, or none, and the qualifiers of both sides', async () => {
      const { poolId, clientId } = await given()
      const sides = `NameQualifier="${provider.origin}/metadata" SPNameQualifier="${serviceProviderOf(server(), poolId).entityId}"`
      for (const template of [
        request(nameId),
        request(`${nameId}<samlp:SessionIndex>other</samlp:SessionIndex><samlp:SessionIndex>session-1</samlp:SessionIndex>`),
        request(`<saml:NameID ${sides} Format="${persistent}">{NameID}</saml:NameID>`),
      ]) {
        const { browser } = await signedIn(clientId)
        const { status, relayState } = await answerIn(locationOf(await start(browser, { template })))
        assert.deepEqual([status, relayState], [['Success'], null], template)
        assert.ok(!(await isSignedIn(browser, clientId)))
      }
    })

    it('end the session of that user only, when several users are signed in in the browser', async () => {
      const { clientId } = await given()
      const { browser } = await signedIn(clientId, 'ana')
      await signedIn(clientId, 'eve', browser)
      assert.deepEqual((await answerIn(locationOf(await start(browser)))).status, ['Success'])
      assert.ok(await isSignedIn(browser, clientId))
      assert.deepEqual((await answerIn(locationOf(await start(browser)))).status, ['Requester', 'UnknownPrincipal'])
      assert.deepEqual((await answerIn(locationOf(await start(browser, { values: { NameID: 'Eve-1' } })))).status, ['Success'])
      assert.ok(!(await isSignedIn(browser, clientId)))
    })

    it('end nothing for another user or another session, and say so', async () => {
      const { clientId } = await given()
      const { browser } = await signedIn(clientId)
      const others: readonly Partial<SamlLogoutStart>[] = [
        { values: { NameID: 'Eve-1' } },
        { values: { NameID: 'ana-1' } },
        { values: { NameIDFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' } },
        { values: { SessionIndex: 'session-2' } },
        { template: request(`<saml:NameID NameQualifier="urn:x" Format="${persistent}">{NameID}</saml:NameID>`) },
        { template: request(`<saml:NameID SPNameQualifier="urn:x" Format="${persistent}">{NameID}</saml:NameID>`) },
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
        { template: request('') },
        { template: request(nameId + nameId) },
        { template: request(`${nameId}<saml:EncryptedID/>`) },
        { template: request(`<samlp:Extensions>${nameId}</samlp:Extensions>`) },
        { template: request(nameId).replace('<saml:Issuer>', '<saml:Issuer>urn:x</saml:Issuer><saml:Issuer>') },
        { template: request(nameId).replaceAll('LogoutRequest', 'AuthnRequest') },
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
      const bare = xml.replace(/<ds:Signature[\s\S]*<\/ds:Signature>/, '')
      const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? ''
      const ana = bare.replace('Eve-1', 'Ana-1')
      const wrappings = [
        xml.replace('Eve-1', 'Ana-1'),
        ana,
        ana.replace(/ ID="[^"]*"/, ' ID="_evil"').replace('</saml:Issuer>', `</saml:Issuer>${xml}`),
        ana.replace(
          '</saml:Issuer>',
          `</saml:Issuer>${signature.replace('</ds:Signature>', `<ds:Object>${bare}</ds:Object></ds:Signature>`)}`,
        ),
        ana
          .replace(/ ID="[^"]*"/, ' ID="_evil"')
          .replace('</saml:Issuer>', `</saml:Issuer>${signature}<samlp:Extensions>${bare}</samlp:Extensions>`),
        `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml}`,
        'no XML',
      ]
      for (const text of wrappings) {
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
      const large = Buffer.from(request(`${nameId}<!--${'ab'.repeat(30_000)}-->`)).toString('base64')
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

    it('find the session of the right pool, when a browser has sessions of two pools', async () => {
      const one = await given()
      const two = await given()
      const browser = new TestBrowser(server())
      await one.open({ logout: one.set })
      await signedIn(one.clientId, 'eve', browser)
      await two.open({ logout: two.set })
      await signedIn(two.clientId, 'ana', browser)
      const location = locationOf(await start(browser))
      assert.deepEqual((await answerIn(location)).status, ['Success'])
      assert.ok(!(await isSignedIn(browser, two.clientId)))
      assert.ok(await isSignedIn(browser, one.clientId))
    })

    it('are answered on a domain of the pool also when the browser has no session any more', async () => {
      const { poolId } = await given()
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: `slo-${engine.name}` }))
      const { hostname, port, protocol } = new URL(server().url)
      const host = `slo-${engine.name}.auth.${hostname}`
      const Destination = `${protocol}//${host}:${port}/saml2/logout`
      const { to = '' } = await beginLogoutAt(provider, { binding: 'redirect', values: { Destination } })
      const reply = await new TestBrowser(server(), `${host}:${port}`).visit(to.slice(server().url.length))
      assert.deepEqual((await answerIn(locationOf(reply))).status, ['Requester', 'UnknownPrincipal'])
    })

    it('tell the apps of a strict pool, before the browser goes on to the provider', async () => {
      for (const takes of ['redirect', 'post']) {
        using app = await openLogoutApp()
        const { poolId, clientId } = await given({ logout: { takes } })
        await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: 'STRICT' } })
        const client = await givenConnectedClient(server(), poolId, app)
        const front = await givenAppClient(server(), poolId, { origin: 'https://front.test' })
        await setLogout(server(), poolId, front.clientId, { FrontChannelLogout: { Uri: 'https://front.test/end', SessionRequired: false } })
        const { browser } = await signedIn(clientId)
        const { sid } = await signInTo(server(), browser, client)
        await signInTo(server(), browser, front)
        app.sessions.add(sid)
        const page = await start(browser)
        assert.equal(page.status, 200)
        assert.match(page.text, /<iframe [^>]*src="https:\/\/front\.test\/end"/)
        assert.match(page.headers.get('content-security-policy') ?? '', /frame-src https:\/\/front\.test/)
        const next = /content="0;url=([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&')
        const { status } = next === undefined ? await readLogoutAnswerAt(provider, { form: hiddenFieldsIn(page) }) : await answerIn(next)
        assert.deepEqual([status, next === undefined], [['Success'], takes === 'post'])
        await app.arrived(1)
        assert.deepEqual([app.received.map(({ problem }) => problem), app.sessions.size], [[''], 0])
        assert.ok(!(await isSignedIn(browser, clientId)))
      }
    })
  })
}
