import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { CreateIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, providerClient, tokensFor } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { codeClient, encode, givenClient } from '../../support/oauth.ts'
import { type ProviderCookies, runOpenIdProvider, signInAtProvider, signOutAtProvider } from '../../support/openid-provider.ts'
import { hiddenFieldsIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const ana = { sub: 'ana', email: 'ana@corp.test', name: 'Ana' }
const big = { sub: 'big', email: 'big@corp.test', name: 'Big', department: 'x'.repeat(3000) }
const bye = 'https://app.test/bye'
const lost = '/error?error=invalid_request'

for (const engine of engines) {
  describe(`Logout at an OpenID Connect provider on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    const openProvider = (configuration: object = {}) =>
      provider.open({
        clients: [providerClient(server(), { post_logout_redirect_uris: [`${server().url}/oauth2/logout`] })],
        accounts: [ana, big, { ...ana, sub: 'bea' }],
        configuration: { conformIdTokenClaims: false, ...configuration },
      })
    before(() => openProvider())

    async function given({ extensions = {}, signsOut = true }: { extensions?: object; signsOut?: boolean } = {}) {
      const pool = await givenFederatedPool(server(), provider)
      const Federation = { Providers: { Corp: { SignOutAtProvider: signsOut }, Corp2: { SignOutAtProvider: signsOut } } }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: pool.poolId, Federation, ...extensions })
      return pool
    }

    type Options = { readonly login?: string; readonly browser?: TestBrowser; readonly providerName?: string }

    async function signIn(clientId: string, { login = 'ana', browser = new TestBrowser(server()), providerName = 'Corp' }: Options = {}) {
      const cookies: ProviderCookies = new Map()
      const request = appRequest(clientId, { identity_provider: providerName, scope: 'openid', prompt: 'login' })
      const toProvider = locationOf(await browser.visit(`/oauth2/authorize?${encode(request)}`))
      const back = await signInAtProvider(toProvider, login, { cookies })
      return { browser, cookies, location: locationOf(await browser.visit(back.pathname + back.search)) }
    }

    const visit = async (browser: TestBrowser, { pathname, search }: URL) => locationOf(await browser.visit(pathname + search))

    const logOut = async (browser: TestBrowser, clientId: string) =>
      locationOf(await browser.visit(`/logout?${encode({ client_id: clientId, logout_uri: bye })}`))

    /** Whether the browser still has a session at the provider: then the provider asks for no sign-in. */
    async function isKnownAtProvider(clientId: string, cookies: ProviderCookies): Promise<boolean> {
      const request = appRequest(clientId, { scope: 'openid' })
      const to = locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${encode(request)}`))
      const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') }
      const answer = await fetch(to, { headers, redirect: 'manual' })
      return !(answer.headers.get('location') ?? '').includes('/interaction/')
    }

    it('stays here by default, as at Cognito', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      const { browser, cookies } = await signIn(clientId)
      assert.equal(await logOut(browser, clientId), bye)
      assert.ok(await isKnownAtProvider(clientId, cookies))
    })

    it('ends the session at the provider by its ID token, and goes on to the app', async () => {
      const { clientId } = await given()
      const { browser, cookies } = await signIn(clientId)
      const toProvider = await logOut(browser, clientId)
      assert.ok(toProvider.startsWith(`${provider.issuer}/session/end?`))
      const sent = paramsIn(toProvider)
      assert.equal(sent.get('post_logout_redirect_uri'), `${server().url}/oauth2/logout`)
      assert.ok(sent.get('id_token_hint'))
      const back = await signOutAtProvider(toProvider, cookies)
      assert.equal(await visit(browser, back), bye)
      assert.ok(!(await isKnownAtProvider(clientId, cookies)))
    })

    it('names only the client when the ID token is too long for the cookie', async () => {
      const { clientId } = await given()
      const { browser, cookies } = await signIn(clientId, { login: 'big' })
      for (const [name, value] of browser.cookies) assert.ok(name.length + value.length < 3900, name)
      const toProvider = await logOut(browser, clientId)
      assert.equal(paramsIn(toProvider).get('id_token_hint'), null)
      assert.equal(paramsIn(toProvider).get('client_id'), 'lifeguard')
      assert.equal(await visit(browser, await signOutAtProvider(toProvider, cookies)), bye)
    })

    it('goes to one provider after the other when several users are signed in', async () => {
      const { poolId, clientId } = await given()
      await server().send(
        new CreateIdentityProviderCommand({
          UserPoolId: poolId,
          ProviderName: 'Corp2',
          ProviderType: 'OIDC',
          ProviderDetails: {
            client_id: 'lifeguard',
            client_secret: 'the secret of our client there',
            authorize_scopes: 'openid email',
            attributes_request_method: 'GET',
            oidc_issuer: provider.issuer,
          },
        }),
      )
      const { clientId: wide } = await givenClient(server(), poolId, {
        ...codeClient,
        SupportedIdentityProviders: ['COGNITO', 'Corp', 'Corp2'],
      })
      const first = await signIn(clientId)
      const second = await signIn(wide, { login: 'bea', providerName: 'Corp2', browser: first.browser })
      const toSecond = await logOut(first.browser, clientId)
      const toFirst = await visit(first.browser, await signOutAtProvider(toSecond, second.cookies))
      assert.ok(toFirst.startsWith(`${provider.issuer}/session/end?`))
      assert.equal(await visit(first.browser, await signOutAtProvider(toFirst, first.cookies)), bye)
      assert.ok(!(await isKnownAtProvider(clientId, first.cookies)))
    })

    it('takes the way back once, in the browser that logged out, and to no other address', async () => {
      const { clientId } = await given()
      const { browser, cookies } = await signIn(clientId)
      const toProvider = await logOut(browser, clientId)
      const back = await signOutAtProvider(toProvider, cookies)
      assert.equal(await visit(new TestBrowser(server()), back), lost)
      back.searchParams.set('logout_uri', 'https://evil.test/')
      back.searchParams.set('post_logout_redirect_uri', 'https://evil.test/')
      assert.equal(await visit(browser, back), bye)
      assert.equal(await visit(browser, back), lost)
      assert.equal(await visit(browser, new URL('/oauth2/logout?state=x.y', server().url)), lost)
    })

    it('does the same for a logout by the standard in manner strict, and shows a page when the app named no address', async () => {
      const { clientId } = await given({ extensions: { OAuth: { Manner: 'STRICT' } } })
      const { browser, cookies, location } = await signIn(clientId)
      const { idToken } = await tokensFor(server(), clientId, location)
      const asked = { id_token_hint: idToken, post_logout_redirect_uri: bye, state: 'of the app' }
      const toProvider = locationOf(await browser.visit(`/logout?${encode(asked)}`))
      assert.ok(toProvider.startsWith(`${provider.issuer}/session/end?`))
      assert.equal(await visit(browser, await signOutAtProvider(toProvider, cookies)), `${bye}?state=of+the+app`)

      const asking = await signIn(clientId)
      const path = `/logout?${encode({ client_id: clientId, post_logout_redirect_uri: bye })}`
      const form = hiddenFieldsIn(await asking.browser.visit(path))
      const leaving = await asking.browser.submit(path, form)
      assert.equal(leaving.status, 200)
      const [, refresh = ''] = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(leaving.text) ?? []
      const toEnd = refresh.replaceAll('&amp;', '&')
      assert.ok(toEnd.startsWith(`${provider.issuer}/session/end?`))
      assert.equal(await visit(asking.browser, await signOutAtProvider(toEnd, asking.cookies)), bye)

      const again = await signIn(clientId)
      const second = await tokensFor(server(), clientId, again.location)
      const bare = locationOf(await again.browser.visit(`/logout?${encode({ id_token_hint: second.idToken })}`))
      const { pathname, search } = await signOutAtProvider(bare, again.cookies)
      const page = await again.browser.visit(pathname + search)
      assert.equal(page.status, 200)
      assert.match(page.text, /signed out/i)
    })

    // Must be the last test: it moves the clock away from the provider's.
    it('goes straight on when the provider has no such endpoint, or does not answer', async () => {
      const { clientId } = await given({ extensions: { HostedPages: { SessionMinutes: 300 } } })
      const [{ browser }, { browser: other }] = [await signIn(clientId), await signIn(clientId)]
      await openProvider({ features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: false } } })
      // The metadata is kept for an hour.
      server().clock.advance(65 * 60_000)
      assert.equal(await logOut(browser, clientId), bye)
      server().clock.advance(65 * 60_000)
      provider.pause()
      try {
        assert.equal(await logOut(other, clientId), bye)
      } finally {
        provider.resume()
      }
    })
  })
}
