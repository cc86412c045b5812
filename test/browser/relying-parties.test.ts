import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { describe, it } from 'node:test'
import { AdminCreateUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { useBrowser } from '../support/browser.ts'
import { engines } from '../support/engines.ts'
import { noteSecrets } from '../support/evidence.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { chromiumTrust } from '../support/local-trust.ts'
import { givenOAuthPool } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { authJsApp, passportApp, type RelyingPartySettings } from '../support/relying-parties.ts'
import { sentTo } from '../support/self-service.ts'
import { goodPassword } from '../support/sign-in.ts'
import { agree } from '../support/sign-in-triggers.ts'
import { useTestServer } from '../support/test-server.ts'
import { tokenVerifier } from '../support/token-verifier.ts'
import { openTriggerEndpoint } from '../support/trigger-endpoint.ts'

const email = 'ana@example.test'
const temporaryPassword = 'Temporary-horse-8'
const all = { PreSignUp: agree, CustomMessage: agree, PreAuthentication: agree, PostAuthentication: agree, PreTokenGeneration: agree }

const click = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const follow = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).click()
const isWelcome = (page: Page) => page.getByRole('heading', { name: `Welcome ${email}` }).waitFor()

async function fillIn(page: Page, fields: Readonly<Record<string, string>>, button: string): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
  await click(page, button)
}

const libraries = [
  {
    name: 'Auth.js with its Cognito provider',
    app: authJsApp,
    callbackPath: '/auth/callback/cognito',
    async signIn(page: Page) {
      await follow(page, 'Sign in to the app')
      await click(page, 'Sign in with Cognito')
    },
    async signOut(page: Page) {
      await follow(page, 'Sign out of the app')
      await click(page, 'Sign out')
    },
  },
  {
    name: 'passport-openidconnect',
    app: passportApp,
    callbackPath: '/auth/callback/passport',
    signIn: (page: Page) => follow(page, 'Sign in to the app'),
    signOut: (page: Page) => follow(page, 'Sign out of the app'),
  },
]

for (const engine of engines) {
  describe(`Apps of others on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: [...endpoint.flags, '--https'] })
    const browser = useBrowser(() => [chromiumTrust(server().authorityFile)])

    for (const { name, app, callbackPath, signIn, signOut } of libraries) {
      for (const manner of ['COGNITO', 'STRICT']) {
        it(`sign in a new user by ${name} in the manner ${manner}, sign out, and sign in again`, async () => {
          let listener: RequestListener = (_request, response) => void response.writeHead(503).end()
          using site = await openApp((request, response) => listener(request, response))
          const origin = `http://localhost:${site.port}`
          const triggers = endpoint.given(all)
          const { poolId, clientId, secret } = await givenOAuthPool(server(), {
            pool: { LambdaConfig: triggers.lambdaConfig, UsernameAttributes: ['email'] },
            client: { GenerateSecret: true, CallbackURLs: [`${origin}${callbackPath}`], LogoutURLs: [`${origin}/`] },
          })
          await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: manner } })
          await server().send(
            new AdminCreateUserCommand({
              UserPoolId: poolId,
              Username: email,
              TemporaryPassword: temporaryPassword,
              UserAttributes: [
                { Name: 'email', Value: email },
                { Name: 'email_verified', Value: 'true' },
              ],
            }),
          )
          const received: Parameters<RelyingPartySettings['onSignIn']>[0][] = []
          const onSignIn: RelyingPartySettings['onSignIn'] = (tokens) => {
            noteSecrets(tokens)
            received.push(tokens)
          }
          const [issuer, domain] = [`${server().url}/${poolId}`, server().url]
          listener = app({ origin, issuer, domain, clientId, clientSecret: secret, onSignIn })

          const context = await browser().newContext()
          try {
            const page = await context.newPage()
            await page.goto(origin)
            await signIn(page)
            await fillIn(page, { 'Email address': email, Password: temporaryPassword }, 'Sign in')
            await fillIn(page, { 'New password': goodPassword, 'Password again': goodPassword }, 'Continue')
            await isWelcome(page)
            const [session] = (await context.cookies(server().url)).filter((cookie) => cookie.name.startsWith('__Host-cognito'))
            assert.deepEqual([session?.secure, session?.httpOnly, session?.path], [true, true, '/'])

            await signOut(page)
            await signIn(page)
            await isWelcome(page)
            await signOut(page)
            await page.goto(`${origin}/goodbye`)
            await page.getByRole('heading', { name: 'Signed out' }).waitFor()
            assert.equal(page.url(), `${origin}/`)
            await signIn(page)
            await page.getByLabel('Password', { exact: true }).waitFor()
          } finally {
            await context.close()
          }

          assert.equal(received.length, 2)
          for (const { idToken, accessToken } of received) {
            const [id, access] = await Promise.all([
              tokenVerifier(server(), { poolId, clientId, tokenUse: 'id' }).verify(idToken),
              tokenVerifier(server(), { poolId, clientId, tokenUse: 'access' }).verify(accessToken),
            ])
            assert.deepEqual([id['email'], id['iss'], access['sub']], [email, issuer, id['sub']])
          }
          assert.deepEqual(await sentTo(server(), poolId), [`invitation ${email}`])
          assert.deepEqual(triggers.fired, [
            'PreSignUp_AdminCreateUser',
            'CustomMessage_AdminCreateUser',
            'PreAuthentication_Authentication',
            'PostAuthentication_Authentication',
            'TokenGeneration_HostedAuth',
            'TokenGeneration_HostedAuth',
          ])
        })
      }
    }
  })
}
