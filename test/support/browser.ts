import { after, before } from 'node:test'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/** Unpacks the Chromium that `npm ci` brought. It must not be unpacked twice at once: the second process would start a file that is still being written. */
export async function unpackBrowser(): Promise<string> {
  return process.env['CHROMIUM_PATH'] ?? (await chromium.executablePath())
}

/**
 * One Chromium for all tests of a file: the one that `npm ci` brought, which is for Linux, or that of the machine where `CHROMIUM_PATH`
 * says so. Each test opens contexts of its own.
 */
export function useBrowser(): () => Browser {
  let browser: Browser | undefined
  before(async () => {
    browser = await playwright.launch({ executablePath: await unpackBrowser(), args: ['--no-sandbox'] })
  })
  after(() => browser?.close())
  return () => {
    if (browser === undefined) throw new Error('The browser runs inside tests only.')
    return browser
  }
}
