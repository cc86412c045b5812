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
import { attributeList, sentTo } from '../support/self-service.ts'
import { goodPassword } from '../support/sign-in.ts'
import { agree } from '../support/sign-in-triggers.ts'
import { useTestServer } from '../support/test-server.ts'
import { tokenVerifier } from '../support/token-verifier.ts'
import { openTriggerEndpoint } from '../support/trigger-endpoint.ts'

type Tokens = Parameters<RelyingPartySettings['onSignIn']>[0]

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

    /** Starts an app of the library, with a pool into which Ana is invited. */
    async function openLibraryApp({ app, callbackPath }: (typeof libraries)[number], manner: string) {
      let listener: RequestListener = (_request, response) => void response.writeHead(503).end()
      const site = await openApp((request, response) => listener(request, response))
      const origin = `http://localhost:${site.port}`
      const triggers = endpoint.given(all)
      const { poolId, clientId, secret } = await givenOAuthPool(server(), {
        pool: { LambdaConfig: triggers.lambdaConfig, UsernameAttributes: ['email'] },
        client: { GenerateSecret: true, CallbackURLs: [`${origin}${callbackPath}`], LogoutURLs: [`${origin}/`] },
      })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth: { Manner: manner } })
      const ana = { Username: email, UserAttributes: attributeList({ email, email_verified: 'true' }) }
      await server().send(new AdminCreateUserCommand({ UserPoolId: poolId, TemporaryPassword: temporaryPassword, ...ana }))

      const received: Tokens[] = []
      const onSignIn = (tokens: Tokens) => {
        noteSecrets(tokens)
        received.push(tokens)
      }
      const { url } = server()
      listener = app({ origin, issuer: `${url}/${poolId}`, domain: url, clientId, clientSecret: secret, onSignIn })
      return { origin, poolId, clientId, triggers, received, [Symbol.dispose]: site[Symbol.dispose] }
    }

    async function verify(ids: { poolId: string; clientId: string }, { idToken, accessToken }: Tokens): Promise<void> {
      const id = await tokenVerifier(server(), { ...ids, tokenUse: 'id' }).verify(idToken)
      const access = await tokenVerifier(server(), { ...ids, tokenUse: 'access' }).verify(accessToken)
      assert.deepEqual([id['email'], access['sub']], [email, id['sub']])
    }

    for (const library of libraries) {
      const { name, signIn, signOut } = library
      for (const manner of ['COGNITO', 'STRICT']) {
        it(`sign in a new user by ${name} in the manner ${manner}, sign out, and sign in again`, async () => {
          using app = await openLibraryApp(library, manner)
          const context = await browser().newContext()
          try {
            const page = await context.newPage()
            await page.goto(app.origin)
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
            await page.goto(`${app.origin}/goodbye`)
            if (manner === 'STRICT') await click(page, 'Sign out')
            await page.getByRole('heading', { name: 'Signed out' }).waitFor()
            assert.equal(page.url(), `${app.origin}/`)
            await signIn(page)
            await page.getByLabel('Password', { exact: true }).waitFor()
          } finally {
            await context.close()
          }
          assert.equal(app.received.length, 2)
          for (const tokens of app.received) await verify(app, tokens)
          assert.deepEqual(await sentTo(server(), app.poolId), [`invitation ${email}`])
          assert.deepEqual(app.triggers.fired, [
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
