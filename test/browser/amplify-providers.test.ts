import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { amplifyPage, amplifyScript, callAmplify as call, reported } from '../support/amplify-page.ts'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { givenFederatedPool, providerClient } from '../support/federation.ts'
import { chromiumTrust } from '../support/local-trust.ts'
import { openApp } from '../support/open-app.ts'
import { runOpenIdProvider } from '../support/openid-provider.ts'
import { givenSocialPool } from '../support/social-providers.ts'
import { useTestServer } from '../support/test-server.ts'

const ana = { sub: 'ana', email: 'ana@mail.test', email_verified: true, name: 'Ana Ray', given_name: 'Ana', family_name: 'Ray' }
const scopes = ['openid', 'email', 'profile', 'aws.cognito.signin.user.admin']
const script = amplifyScript()

const social = { Google: 'Google', Facebook: 'Facebook', Amazon: 'LoginWithAmazon', Apple: 'SignInWithApple' } as const

for (const engine of engines) {
  describe(`Identity providers by aws-amplify in Chromium on ${engine.name}`, async () => {
    const server = useTestServer(engine, { flags: ['--https'] })
    const browser = useBrowser(() => [chromiumTrust(server().authorityFile)])
    const provider = await runOpenIdProvider()

    async function walk(
      given: (client: { CallbackURLs: string[] }) => Promise<{ poolId: string; clientId: string }>,
      { provider: asked, username }: { readonly provider: object | string; readonly username: string },
    ): Promise<void> {
      const code = await script
      let content = ''
      using site = await openApp(({ url }, response) => {
        if (url === '/app.js') response.setHeader('content-type', 'text/javascript').end(code)
        else response.setHeader('content-type', 'text/html').end(content)
      })
      const origin = `http://localhost:${site.port}/`
      const { poolId, clientId } = await given({ CallbackURLs: [origin] })
      const { host } = new URL(server().url)
      const oauth = { domain: host, scopes, redirectSignIn: [origin], redirectSignOut: [origin], responseType: 'code' }
      const Cognito = { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: server().url, loginWith: { oauth } }
      content = amplifyPage({ Auth: { Cognito } })
      const context = await browser().newContext()
      try {
        const page = await context.newPage()
        await page.goto(origin)
        await page.evaluate(`void auth.signInWithRedirect(${JSON.stringify({ provider: asked, customState: 'cart 7' })})`)
        await page.getByLabel('Account').fill('ana')
        await page.getByRole('button', { name: 'Sign in at the provider' }).click()
        assert.equal(await reported(page, 'customOAuthState'), 'cart 7')
        await reported(page, 'signInWithRedirect')
        assert.equal((await call(page, 'getCurrentUser')).username, username)
        assert.equal((await call(page, 'fetchUserAttributes')).email, 'ana@mail.test')
      } finally {
        await context.close()
      }
    }

    for (const [asked, name] of Object.entries(social)) {
      it(`signs in with ${asked}`, () =>
        walk((client) => givenSocialPool(server(), provider, name, { accounts: [ana], client, mapping: { email: 'email' } }), {
          provider: asked,
          username: `${name}_ana`,
        }))
    }

    it('signs in with a provider of the pool by its name', async () => {
      await provider.open({ clients: [providerClient(server())], accounts: [ana] })
      await walk((client) => givenFederatedPool(server(), provider, { client }), { provider: { custom: 'Corp' }, username: 'Corp_ana' })
    })
  })
}
