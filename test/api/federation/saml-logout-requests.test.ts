import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { offerProvider } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { openLogoutApp } from '../../support/logout-apps.ts'
import { givenAppClient, givenConnectedClient, setLogout, signInTo } from '../../support/logout-clients.ts'
import { callback, requestToken } from '../../support/oauth.ts'
import { logoutRequest, nameIdWith, samlLogouts } from '../../support/saml-logouts.ts'
import { serviceProviderOf } from '../../support/saml-pool.ts'
import { beginLogoutAt, readLogoutAnswerAt, runSamlProvider } from '../../support/saml-provider.ts'
import { formActionIn, hiddenFieldsIn, locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const nameId = nameIdWith()

for (const engine of engines) {
  describe(`Logouts that a SAML provider begins on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runSamlProvider()
    const { given, signedIn, bring, start, answerIn, isSignedIn } = samlLogouts(server, provider)

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
        logoutRequest(nameId),
        logoutRequest(`${nameId}<samlp:SessionIndex>other</samlp:SessionIndex><samlp:SessionIndex>session-1</samlp:SessionIndex>`),
        logoutRequest(nameIdWith(sides)),
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
        for (const { clientId: offering } of [client, front]) await offerProvider(server(), { poolId, clientId: offering, name: 'Corp' })
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
