import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { amplifyPage, amplifyScript, callAmplify as call, reported } from '../support/amplify-page.ts'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { noteSecrets } from '../support/evidence.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { chromiumTrust } from '../support/local-trust.ts'
import { givenOAuthPool, requestToken } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { sentTo } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { agree } from '../support/sign-in-triggers.ts'
import { useTestServer } from '../support/test-server.ts'
import { tokenVerifier } from '../support/token-verifier.ts'
import { openTriggerEndpoint } from '../support/trigger-endpoint.ts'

const email = 'ana@example.test'
const attributes = [
  { Name: 'email', Value: email },
  { Name: 'email_verified', Value: 'true' },
]
const all = { PreAuthentication: agree, PostAuthentication: agree, PreTokenGeneration: agree }
const scopes = ['openid', 'email', 'aws.cognito.signin.user.admin']
const script = amplifyScript()

type Tokens = { readonly idToken: string; readonly accessToken: string; readonly refreshToken: string }

async function tokensIn(page: Page): Promise<Tokens> {
  const tokens = await page.evaluate<Tokens>(`auth.fetchAuthSession().then(({ tokens }) => ({
    idToken: tokens.idToken.toString(),
    accessToken: tokens.accessToken.toString(),
    refreshToken: Object.entries(localStorage).find(([name]) => name.endsWith('.refreshToken'))[1],
  }))`)
  noteSecrets(tokens)
  return tokens
}

async function submitPassword(page: Page): Promise<void> {
  await page.getByLabel('Password', { exact: true }).fill(goodPassword)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

for (const engine of engines) {
  describe(`The redirects of aws-amplify in Chromium on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: [...endpoint.flags, '--https'] })
    const browser = useBrowser(() => [chromiumTrust(server().authorityFile)])

    /** Opens the page of an app in a new browser context. With a `prefix` the app uses the domain of its pool. */
    async function openAmplifyApp({ manner = 'COGNITO', prefix }: { manner?: string; prefix?: string } = {}) {
      let content = ''
      const code = await script
      const site = await openApp(({ url }, response) => {
        if (url === '/app.js') response.setHeader('content-type', 'text/javascript').end(code)
        else response.setHeader('content-type', 'text/html').end(content)
      })
      const origin = `http://localhost:${site.port}/`
      const triggers = endpoint.given(all)
      const { poolId, clientId } = await givenOAuthPool(server(), {
        pool: { LambdaConfig: triggers.lambdaConfig },
        client: { CallbackURLs: [origin], LogoutURLs: [origin] },
      })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: manner } })
      if (prefix !== undefined) await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: prefix }))
      const { sub } = await givenUser(server(), poolId, 'ana', { attributes })
      triggers.clear()

      const { host } = new URL(server().url)
      const domain = prefix === undefined ? host : `${prefix}.auth.${host}`
      const oauth = { domain, scopes, redirectSignIn: [origin], redirectSignOut: [origin], responseType: 'code' }
      const Cognito = { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: server().url, loginWith: { oauth } }
      content = amplifyPage({ Auth: { Cognito } })
      const context = await browser().newContext()
      const page = await context.newPage()
      await page.goto(origin)
      const close = async () => {
        await context.close()
        site[Symbol.dispose]()
      }
      return { page, origin, poolId, clientId, sub, triggers, [Symbol.asyncDispose]: close }
    }

    /** Calls a function of Amplify that leaves the page, and waits for the next page. */
    const leave = (page: Page, code: string) => Promise.all([page.waitForEvent('load'), page.evaluate(`void auth.${code}`)])

    for (const manner of ['COGNITO', 'STRICT']) {
      it(`sign in, use the API, refresh and sign out in the manner ${manner}`, async () => {
        await using app = await openAmplifyApp({ manner })
        const { page, origin, poolId, clientId, sub, triggers } = app
        await leave(page, `signInWithRedirect({ customState: 'cart 7' })`)
        await page.getByLabel('Username', { exact: true }).fill('ana')
        await submitPassword(page)
        assert.equal(await reported(page, 'customOAuthState'), 'cart 7')
        await reported(page, 'signInWithRedirect')
        assert.equal(page.url(), origin)
        assert.deepEqual(triggers.fired, [
          'PreAuthentication_Authentication',
          'PostAuthentication_Authentication',
          'TokenGeneration_HostedAuth',
        ])

        const user = await call(page, 'getCurrentUser')
        assert.deepEqual([user.userId, user.username], [sub, 'ana'])
        // The API accepts the access token, since the app asked for the scope aws.cognito.signin.user.admin.
        assert.equal((await call(page, 'fetchUserAttributes')).email, email)
        const first = await tokensIn(page)
        const id = await tokenVerifier(server(), { poolId, clientId, tokenUse: 'id' }).verify(first.idToken)
        assert.deepEqual([id['sub'], id['email']], [sub, email])
        const access = await tokenVerifier(server(), { poolId, clientId, tokenUse: 'access' }).verify(first.accessToken)
        assert.equal(access['scope'], scopes.join(' '))

        triggers.clear()
        await call(page, 'fetchAuthSession', { forceRefresh: true })
        const { accessToken, refreshToken } = await tokensIn(page)
        assert.notEqual(accessToken, first.accessToken)
        assert.deepEqual(triggers.fired, ['TokenGeneration_RefreshTokens'])

        await leave(page, 'signOut()')
        if (manner === 'STRICT') await page.getByRole('button', { name: 'Sign out', exact: true }).click()
        await page.waitForURL(origin)
        await assert.rejects(call(page, 'getCurrentUser'), /UserUnAuthenticatedException/)
        const refresh = { grant_type: 'refresh_token', client_id: clientId, refresh_token: refreshToken }
        assert.deepEqual((await requestToken(server(), refresh)).body, { error: 'invalid_grant' })
        await leave(page, 'signInWithRedirect()')
        await page.getByLabel('Password', { exact: true }).waitFor()
        assert.deepEqual(await sentTo(server(), poolId), [])
      })
    }

    it('sign in on the domain of the pool, with a hint, and again without a page', async () => {
      await using app = await openAmplifyApp({ prefix: `shop-${Date.now()}` })
      const { page, origin, sub } = app
      await leave(page, `signInWithRedirect({ options: { loginHint: 'ana', lang: 'de' } })`)
      assert.match(page.url(), /^https:\/\/shop-\d+\.auth\.localhost:\d+\/login\?/)
      assert.equal(await page.locator('html').getAttribute('lang'), 'de')
      assert.equal(await page.locator('input[name=username]').inputValue(), 'ana')
      await page.locator('input[name=password]').fill(goodPassword)
      await page.locator('input[name=password]').press('Enter')
      await reported(page, 'signInWithRedirect')
      assert.equal((await call(page, 'getCurrentUser')).userId, sub)
      const [session] = (await page.context().cookies()).filter(({ name }) => name === '__Host-cognito')
      assert.equal(session?.secure, true)

      await page.evaluate('localStorage.clear()')
      await page.goto(origin)
      await leave(page, `signInWithRedirect({ options: { prompt: 'NONE' } })`)
      await reported(page, 'signInWithRedirect')
      assert.equal((await call(page, 'getCurrentUser')).userId, sub)
    })

    it('report that the user is not signed in, or came back without an answer', async () => {
      await using app = await openAmplifyApp()
      const { page, origin, triggers } = app
      await leave(page, `signInWithRedirect({ options: { prompt: 'NONE' } })`)
      assert.match(String(await reported(page, 'signInWithRedirect_failure')), /login_required/)
      await leave(page, 'signInWithRedirect()')
      await page.getByLabel('Password', { exact: true }).waitFor()
      await page.goto(origin)
      assert.match(String(await reported(page, 'signInWithRedirect_failure')), /cancelled/)
      assert.deepEqual(triggers.fired, [])
    })
  })
}
