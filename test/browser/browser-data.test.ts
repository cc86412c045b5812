import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { CreateUserPoolCommandInput } from '@aws-sdk/client-cognito-identity-provider'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { eventsOf } from '../support/auth-events.ts'
import { useBrowser } from '../support/browser.ts'
import { windowsChrome } from '../support/encoded-data.ts'
import { engines } from '../support/engines.ts'
import { encode, givenOAuthPool } from '../support/oauth.ts'
import { openApp } from '../support/open-app.ts'
import { codeSentTo } from '../support/self-service.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { type TestServer, useTestServer } from '../support/test-server.ts'

/** Phoenix has no daylight saving time. */
const device = { timezoneId: 'America/Phoenix', userAgent: windowsChrome }
const shown = { IpAddress: '127.0.0.1', DeviceName: 'Chrome 126, Windows 10', Timezone: '-07:00' }
const pool: Partial<CreateUserPoolCommandInput> = {
  UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' },
  AutoVerifiedAttributes: ['email'],
}
const requiredEmail = { Schema: [{ Name: 'email', Required: true }] }

/** The newest events of the user: their types, and where they came from. */
async function newestOf(server: TestServer, poolId: string, username: string, count: number) {
  const events = await eventsOf(server, poolId, username)
  return events.slice(0, count).map(({ EventType, EventContextData }) => [EventType, EventContextData])
}

for (const engine of engines) {
  describe(`The hosted pages in a browser on ${engine.name}, in a pool with threat protection`, () => {
    const server = useTestServer(engine)
    const browser = useBrowser()

    /** An app with a pool, whose user Ana is in a browser with these settings. */
    async function openPages(settings: object = device, more: Partial<CreateUserPoolCommandInput> = {}) {
      const app = await openApp((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Welcome</h1>'))
      const redirect_uri = `http://localhost:${app.port}/callback`
      const ids = await givenOAuthPool(server(), { pool: { ...pool, ...more }, client: { CallbackURLs: [redirect_uri] } })
      const context = await browser().newContext(settings)
      const page = await context.newPage()
      const requested: string[] = []
      page.on('request', (request) => void requested.push(request.url()))
      const query = encode({ client_id: ids.clientId, redirect_uri, response_type: 'code', state: 's' })
      return { app, ids, context, page, requested, open: (path: string) => page.goto(`${server().url}${path}?${query}`) }
    }

    const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
    const welcome = (page: Page) => page.getByRole('heading', { name: 'Welcome' }).waitFor()

    async function signIn(page: Page, password = goodPassword) {
      await page.getByLabel('Username').fill('ana')
      await page.getByLabel('Password').fill(password)
      await press(page, 'Sign in')
    }

    it('tell at each sign-in the device and its time zone, and ask no other host', async () => {
      const { app, ids, context, page, requested, open } = await openPages()
      using _ = app
      await givenUser(server(), ids.poolId, 'ana')
      await open('/login')
      await signIn(page, 'Wrong-horse-7')
      await page.getByRole('alert').waitFor()
      await signIn(page)
      await welcome(page)
      assert.deepEqual(await newestOf(server(), ids.poolId, 'ana', 2), [
        ['SignIn', shown],
        ['SignIn', shown],
      ])
      const hosts = new Set(requested.map((address) => new URL(address).host))
      assert.deepEqual([...hosts], [new URL(server().url).host, `localhost:${app.port}`])
      await open('/login')
      const kept = await page.evaluate<Record<string, string>>('({ ...localStorage })')
      assert.deepEqual(Object.keys(kept), ['lifeguard.deviceId'])
      assert.match(kept['lifeguard.deviceId'] ?? '', /^[\w-]{20}:\d{13}$/)
      await context.close()
    })

    it('tell it at the sign-up, for another code, and for a forgotten password', async () => {
      const { app, ids, context, page, open } = await openPages(device, requiredEmail)
      using _ = app
      await open('/signup')
      await page.getByLabel('Username').fill('ana')
      await page.getByLabel('Email').fill('ana@example.test')
      await page.getByLabel('Password', { exact: true }).fill(goodPassword)
      await page.getByLabel('Password again').fill(goodPassword)
      await press(page, 'Create account')
      await press(page, 'Send a new code')
      await page.getByText('We sent a new code.').waitFor()
      await page.getByLabel('Code').fill(await codeSentTo(server(), ids.poolId, 'ana@example.test'))
      await press(page, 'Confirm account')
      await open('/forgotPassword')
      await page.getByLabel('Username').fill('ana')
      await press(page, 'Send code')
      await page.getByLabel('Code').waitFor()
      assert.deepEqual(await newestOf(server(), ids.poolId, 'ana', 3), [
        ['ForgotPassword', shown],
        ['ResendCode', shown],
        ['SignUp', shown],
      ])
      await context.close()
    })

    it('work without scripts, and then show the User-Agent only', async () => {
      const { app, ids, context, page, open } = await openPages({ ...device, javaScriptEnabled: false })
      using _ = app
      await givenUser(server(), ids.poolId, 'ana')
      await open('/login')
      await signIn(page)
      await welcome(page)
      const { Timezone, ...rest } = shown
      assert.deepEqual(await newestOf(server(), ids.poolId, 'ana', 1), [['SignIn', rest]])
      await context.close()
    })
  })

  describe(`The script for apps in a browser on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const browser = useBrowser()
    let site: Server
    before(async () => {
      const contents = `
        import { Amplify } from 'aws-amplify'
        import { signIn } from 'aws-amplify/auth'
        import { AuthenticationDetails, CognitoUser, CognitoUserPool } from 'amazon-cognito-identity-js'
        globalThis.amplifySignIn = async (Cognito, username, password) => {
          Amplify.configure({ Auth: { Cognito } })
          await signIn({ username, password })
        }
        globalThis.classicSignIn = (pool, Username, Password) => new Promise((onSuccess, onFailure) => {
          const user = new CognitoUser({ Username, Pool: new CognitoUserPool(pool) })
          user.authenticateUser(new AuthenticationDetails({ Username, Password }), { onSuccess: () => onSuccess(), onFailure })
        })`
      const stdin = { contents, resolveDir: import.meta.dirname }
      const { outputFiles } = await build({
        stdin,
        bundle: true,
        platform: 'browser',
        format: 'iife',
        write: false,
        logLevel: 'error',
        define: { global: 'globalThis' },
      })
      const scripts = `<script src="${server().url}/threat-protection/browser-data.js"></script><script src="/app.js"></script>`
      site = createServer(({ url }, response) => {
        if (url === '/app.js') response.setHeader('content-type', 'text/javascript').end(outputFiles[0]?.text)
        else response.setHeader('content-type', 'text/html').end(`<!doctype html><title>An app</title>${scripts}`)
      })
      await new Promise<void>((resolve) => site.listen(0, 'localhost', resolve))
    })
    after(() => site.close())

    it('lets amazon-cognito-identity-js and Amplify tell the device and its time zone', async () => {
      const { poolId, clientId } = await server().givenPool({ pool })
      await givenUser(server(), poolId, 'ana')
      const classic = { UserPoolId: poolId, ClientId: clientId, endpoint: server().url, AdvancedSecurityDataCollectionFlag: true }
      const amplify = { userPoolId: poolId, userPoolClientId: clientId, userPoolEndpoint: server().url }
      for (const [signIn, settings] of Object.entries({ classicSignIn: classic, amplifySignIn: amplify })) {
        const context = await browser().newContext(device)
        const page = await context.newPage()
        await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`)
        await page.evaluate(`${signIn}(${JSON.stringify(settings)}, 'ana', '${goodPassword}')`)
        await context.close()
      }
      assert.deepEqual(await newestOf(server(), poolId, 'ana', 2), [
        ['SignIn', shown],
        ['SignIn', shown],
      ])
    })

    it('is one that a page with a strict policy and a check of its hash can load', async () => {
      const response = await fetch(`${server().url}/threat-protection/browser-data.js`)
      assert.deepEqual(
        ['content-type', 'access-control-allow-origin', 'cross-origin-resource-policy'].map((name) => response.headers.get(name)),
        ['text/javascript; charset=utf-8', '*', 'cross-origin'],
      )
      assert.doesNotMatch(await response.text(), /https?:|fetch\(|XMLHttpRequest|eval|plugins|canvas/)
    })
  })
}
