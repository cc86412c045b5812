import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { givenFederatedPool, providerClient } from '../support/federation.ts'
import { encode, requestToken } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { runOpenIdProvider } from '../support/openid-provider.ts'
import { givenSamlPool } from '../support/saml-pool.ts'
import { runSamlProvider } from '../support/saml-provider.ts'
import { givenSocialPool } from '../support/social-providers.ts'
import { useTestServer } from '../support/test-server.ts'
import { tokenVerifier } from '../support/token-verifier.ts'

const ana = { sub: 'ana', email: 'ana@mail.test', email_verified: true, name: 'Ana Ray', given_name: 'Ana', family_name: 'Ray' }
type Ids = { readonly poolId: string; readonly clientId: string }

for (const engine of engines) {
  describe(`Sign-in by identity providers in Chromium on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const browser = useBrowser()
    const provider = await runOpenIdProvider()
    const saml = await runSamlProvider()

    /** From the sign-in page to the provider and back to the app, which verifies its tokens. Returns the claims of the ID token. */
    async function walk(given: (redirectUri: string) => Promise<Ids>, leave: (page: Page) => Promise<void>, login = 'ana') {
      using app = await openApp((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'))
      const redirect_uri = `http://localhost:${app.port}/callback`
      const { poolId, clientId } = await given(redirect_uri)
      const context = await browser().newContext()
      const problems: string[] = []
      try {
        const page = await context.newPage()
        page.on('console', (message) => /violates|Refused/.test(message.text()) && problems.push(message.text()))
        page.on('pageerror', (error) => problems.push(error.message))
        const query = encode({ client_id: clientId, redirect_uri, response_type: 'code', state: 'cart-7' })
        await page.goto(`${server().url}/login?${query}`)
        await leave(page)
        await page.getByLabel('Account').fill(login)
        await page.getByRole('button', { name: 'Sign in at the provider' }).click()
        const goOn = page.getByRole('button', { name: 'Continue', exact: true })
        await page.getByRole('heading', { name: 'Welcome' }).or(goOn).waitFor()
        if (await goOn.isVisible()) await goOn.click()
        await page.getByRole('heading', { name: 'Welcome' }).waitFor()
        const { searchParams } = new URL(page.url())
        assert.equal(searchParams.get('state'), 'cart-7')
        const code = searchParams.get('code') ?? undefined
        const { body } = await requestToken(server(), { grant_type: 'authorization_code', client_id: clientId, redirect_uri, code })
        await tokenVerifier(server(), { poolId, clientId, tokenUse: 'access' }).verify(String(body['access_token']))
        // The session of the browser answers the next request without a page.
        await page.goto(`${server().url}/oauth2/authorize?${query}&prompt=none`)
        assert.match(page.url(), /^http:\/\/localhost:\d+\/callback\?code=/)
        assert.deepEqual(problems, [])
        return await tokenVerifier(server(), { poolId, clientId, tokenUse: 'id' }).verify(String(body['id_token']))
      } finally {
        await context.close()
      }
    }

    const press = (name: string) => (page: Page) => page.getByRole('link', { name: `Continue with ${name}`, exact: true }).click()
    const withCallback = (redirectUri: string) => ({ CallbackURLs: [redirectUri] })

    it('an OpenID Connect provider', async () => {
      const given = async (redirectUri: string) => {
        await provider.open({ clients: [providerClient(server())], accounts: [ana] })
        return givenFederatedPool(server(), provider, { client: withCallback(redirectUri) })
      }
      const claims = await walk(given, press('Corp'))
      assert.deepEqual([claims['cognito:username'], claims['email']], ['Corp_ana', 'ana@mail.test'])
    })

    it('Google', async () => {
      const claims = await walk(
        (redirectUri) => givenSocialPool(server(), provider, 'Google', { accounts: [ana], client: withCallback(redirectUri) }),
        press('Google'),
      )
      assert.deepEqual([claims['cognito:username'], claims['name']], ['Google_ana', 'Ana Ray'])
    })

    it('Facebook', async () => {
      const claims = await walk(
        (redirectUri) => givenSocialPool(server(), provider, 'Facebook', { accounts: [ana], client: withCallback(redirectUri) }),
        press('Facebook'),
      )
      assert.deepEqual([claims['cognito:username'], claims['name']], ['Facebook_ana', 'Ana Ray'])
    })

    it('Login with Amazon', async () => {
      const claims = await walk(
        (redirectUri) => givenSocialPool(server(), provider, 'LoginWithAmazon', { accounts: [ana], client: withCallback(redirectUri) }),
        press('Amazon'),
      )
      assert.deepEqual([claims['cognito:username'], claims['name']], ['LoginWithAmazon_ana', 'Ana Ray'])
    })

    it('Apple, whose page sends a form from another site', async () => {
      const accounts = [{ ...ana, sub: `ana-${engine.name}` }]
      const claims = await walk(
        (redirectUri) => givenSocialPool(server(), provider, 'SignInWithApple', { accounts, client: withCallback(redirectUri) }),
        press('Apple'),
        accounts[0]?.sub,
      )
      assert.deepEqual([claims['cognito:username'], claims['name']], [`SignInWithApple_ana-${engine.name}`, 'Ana Ray'])
    })

    it('a SAML provider, whose page sends a form from another site', async () => {
      const given = (redirectUri: string) =>
        givenSamlPool(server(), saml, { client: { ...withCallback(redirectUri), SupportedIdentityProviders: ['COGNITO', 'Corp'] } })
      const claims = await walk(given, press('Corp'))
      assert.deepEqual([claims['cognito:username'], claims['email']], ['Corp_Ana-1', 'ana@corp.test'])
    })

    it('the SAML provider of the domain of an address', async () => {
      const given = (redirectUri: string) =>
        givenSamlPool(server(), saml, { client: withCallback(redirectUri), identifiers: ['corp.test'] })
      const claims = await walk(given, async (page) => {
        await page.getByLabel('Email address').fill('ana@corp.test')
        await page.getByRole('button', { name: 'Continue', exact: true }).click()
      })
      assert.equal(claims['cognito:username'], 'Corp_Ana-1')
    })
  })
}
