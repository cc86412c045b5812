import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before } from 'node:test'
import type { CDPSession } from 'playwright-core'
import { useBrowser } from './browser.ts'

const platform = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, automaticPresenceSimulation: true } as const

/** Serves a page with this script on localhost. Returns a function that opens it in Chromium, with a virtual authenticator. */
export function useAppPage(script: string | (() => Promise<string>)) {
  const browser = useBrowser()
  let site: Server
  before(async () => {
    const code = typeof script === 'string' ? script : await script()
    site = createServer(({ url }, response) => {
      if (url === '/app.js') response.setHeader('content-type', 'text/javascript').end(code)
      else response.setHeader('content-type', 'text/html').end('<!doctype html><title>An app</title><script src="/app.js"></script>')
    })
    await new Promise<void>((resolve) => site.listen(0, 'localhost', resolve))
  })
  after(() => site.close())

  /** Opens the page in a new browser context. `verifies` says whether the authenticator can verify its user. */
  return async function openPage({ verifies = true } = {}) {
    const context = await browser().newContext()
    const page = await context.newPage()
    const devtools: CDPSession = await context.newCDPSession(page)
    await devtools.send('WebAuthn.enable')
    const options = { ...platform, hasUserVerification: verifies, isUserVerified: verifies }
    const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', { options })
    await page.goto(`http://localhost:${(site.address() as AddressInfo).port}/`)
    return { context, page, devtools, authenticatorId }
  }
}
