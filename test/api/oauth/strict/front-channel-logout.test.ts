import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UpdateUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../../support/engines.ts'
import { givenAppClient, setLogout, signInTo } from '../../../support/logout-clients.ts'
import { callback, codeClient, encode, givenClient, type Reply, send } from '../../../support/oauth.ts'
import { givenStrictPool } from '../../../support/strict.ts'
import { csrfTokenIn, formActionIn, locationOf, paramsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

const framesIn = ({ text }: Reply): string[] =>
  [...text.matchAll(/<iframe [^>]*src="([^"]*)"/g)].map(([, address = '']) => address.replaceAll('&amp;', '&'))
const policyOf = ({ headers }: Reply): string => headers.get('content-security-policy') ?? ''
const titleOf = ({ text }: Reply): string | undefined => /<h1>([^<]*)/.exec(text)?.[1]
const question = 'Do you want to sign out?'

/** The tests have the names of the modules of the OpenID Foundation's conformance suite that they re-make. */
for (const engine of engines) {
  describe(`Front-channel logout on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenPool() {
      const { poolId } = await givenStrictPool(server())
      return { poolId, issuer: `${server().url}/${poolId}`, browser: new TestBrowser(server()) }
    }
    async function givenFrontClient(poolId: string, origin: string, { Uri = `${origin}/front`, SessionRequired = false } = {}) {
      const client = await givenAppClient(server(), poolId, { origin })
      await setLogout(server(), poolId, client.clientId, { FrontChannelLogout: { Uri, SessionRequired } })
      return client
    }

    it('oidcc-frontchannel-logout-discovery-endpoint-verification', async () => {
      const { poolId } = await givenPool()
      const { body } = await send(server(), `/${poolId}/.well-known/openid-configuration`)
      assert.deepEqual([body['frontchannel_logout_supported'], body['frontchannel_logout_session_supported']], [true, true])
    })

    it('oidcc-frontchannel-rp-initiated-logout, for two apps, of which one wants to know the session', async () => {
      const { poolId, issuer, browser } = await givenPool()
      const one = await givenFrontClient(poolId, 'https://one.test', { Uri: 'https://one.test/front?a=b', SessionRequired: true })
      const two = await givenFrontClient(poolId, 'https://two.test:8443')
      // This client gets no tokens, so it is not told.
      await givenFrontClient(poolId, 'https://three.test')
      const { idToken, sid } = await signInTo(server(), browser, one)
      await signInTo(server(), browser, two)
      const next = 'https://one.test/bye'
      const request = encode({ id_token_hint: idToken, post_logout_redirect_uri: next, state: `"><script>` })
      const page = await browser.visit(`/logout?${request}`)
      assert.deepEqual([page.status, titleOf(page)], [200, 'You are signed out'])
      const [first = '', second] = framesIn(page).sort()
      assert.ok(first.startsWith('https://one.test/front?a=b&'))
      assert.deepEqual([paramsIn(first).get('iss'), paramsIn(first).get('sid')], [issuer, sid])
      assert.equal(second, 'https://two.test:8443/front')
      const sources = /frame-src ([^;]*)/.exec(policyOf(page))?.[1]?.split(' ').sort()
      assert.deepEqual(sources, ['https://one.test', 'https://two.test:8443'])
      const target = `${next}?${new URLSearchParams({ state: `"><script>` })}`
      assert.ok(page.text.includes(`<meta http-equiv="refresh" content="0;url=${target}">`))
      assert.ok(page.text.includes(`href="${target}"`))
      assert.ok(!page.text.includes('"><script>'))
      const again = await browser.visit(`/logout?${request}`)
      assert.equal(locationOf(again), target)
    })

    it('shows the frames after the user has agreed, and stays on the page when the app names no address', async () => {
      const { poolId, browser } = await givenPool()
      const client = await givenFrontClient(poolId, 'https://one.test')
      await signInTo(server(), browser, client)
      const asked = await browser.visit(`/logout?${encode({ client_id: client.clientId })}`)
      assert.deepEqual([titleOf(asked), framesIn(asked), policyOf(asked).includes('frame-src')], [question, [], false])
      const page = await browser.submit(formActionIn(asked), { _csrf: csrfTokenIn(asked) })
      assert.deepEqual([titleOf(page), framesIn(page)], ['You are signed out', ['https://one.test/front']])
      assert.ok(!page.text.includes('http-equiv="refresh"'))
      assert.ok(!policyOf(page).includes('script-src'))
    })

    it('loads no address whose origin is no longer that of a callback URL', async () => {
      const { poolId, browser } = await givenPool()
      const client = await givenFrontClient(poolId, 'https://one.test')
      const { idToken } = await signInTo(server(), browser, client)
      const ids = { UserPoolId: poolId, ClientId: client.clientId }
      await server().send(new UpdateUserPoolClientCommand({ ...ids, ...codeClient, AllowedOAuthFlows: ['code'], CallbackURLs: [callback] }))
      const page = await browser.visit(`/logout?${encode({ id_token_hint: idToken })}`)
      assert.deepEqual([titleOf(page), framesIn(page)], ['You are signed out', []])
    })

    it('loads at most twenty apps', async () => {
      const { poolId, browser } = await givenPool()
      let idToken = ''
      for (let at = 0; at < 22; at++) {
        const client = await givenFrontClient(poolId, `https://app-${at}.test`)
        idToken = (await signInTo(server(), browser, client)).idToken
      }
      const page = await browser.visit(`/logout?${encode({ id_token_hint: idToken })}`)
      assert.equal(framesIn(page).length, 20)
    })
  })

  describe(`Cognito's logout in manner strict on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const logout_uri = 'https://app.test/bye'

    async function givenSignedIn() {
      const { poolId } = await givenStrictPool(server())
      const client = await givenClient(server(), poolId, { ...codeClient, GenerateSecret: true })
      const browser = new TestBrowser(server())
      const { idToken } = await signInTo(server(), browser, client)
      const request = { client_id: client.clientId, redirect_uri: callback, response_type: 'code' }
      const isSignedIn = async () => locationOf(await browser.visit(`/oauth2/authorize?${encode(request)}`)).startsWith(callback)
      const logOut = (more: Readonly<Record<string, string>>) => browser.visit(`/logout?${encode({ client_id: client.clientId, ...more })}`)
      return { browser, idToken, request, isSignedIn, logOut }
    }

    it('asks before it signs a user out, and then goes to logout_uri', async () => {
      const { browser, isSignedIn, logOut } = await givenSignedIn()
      const page = await logOut({ logout_uri })
      assert.deepEqual([page.status, titleOf(page)], [200, question])
      assert.equal(await isSignedIn(), true)
      await browser.submit(formActionIn(page), { _csrf: 'x' })
      assert.equal(await isSignedIn(), true)
      assert.equal(locationOf(await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page) })), logout_uri)
      assert.equal(await isSignedIn(), false)
    })

    it('asks before it goes to the sign-in page for redirect_uri', async () => {
      const { browser, isSignedIn, request, logOut } = await givenSignedIn()
      const page = await logOut(request)
      assert.equal(titleOf(page), question)
      const location = locationOf(await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page) }))
      assert.equal(location, `/login?${encode(request)}`)
      assert.equal(await isSignedIn(), false)
    })

    it('does not ask with an ID token of the signed-in user, nor when no user is signed in', async () => {
      const { idToken, isSignedIn, logOut } = await givenSignedIn()
      assert.equal(locationOf(await logOut({ logout_uri, id_token_hint: idToken })), logout_uri)
      assert.equal(await isSignedIn(), false)
      assert.equal(locationOf(await logOut({ logout_uri })), logout_uri)
    })

    it('refuses an address that is none of the client before it asks', async () => {
      const { isSignedIn, logOut } = await givenSignedIn()
      for (const [name, address] of [
        ['logout_uri', 'https://evil.test/'],
        ['redirect_uri', callback],
      ] as const) {
        assert.match(locationOf(await logOut({ [name]: address })), /^\/error\?error=redirect_mismatch/)
      }
      assert.equal(await isSignedIn(), true)
    })
  })
}
