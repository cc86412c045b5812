import { after, before } from 'node:test'
import chromium from '@sparticuz/chromium'
import { type Browser, chromium as playwright } from 'playwright-core'

/**
 * Unpacks the Chromium that `npm ci` installed. Two processes must not unpack it at the same time: the second process would start a file
 * that is still being written.
 */
export async function unpackBrowser(): Promise<string> {
  return process.env['CHROMIUM_PATH'] ?? (await chromium.executablePath())
}

/**
 * One Chromium for all tests of a file: the one that `npm ci` installed, which is for Linux, or the one at `CHROMIUM_PATH`. Each test opens
 * its own contexts. `flags` are read when the browser starts.
 */
export function useBrowser(flags: () => readonly string[] = () => []): () => Browser {
  let browser: Browser | undefined
  before(async () => {
    browser = await playwright.launch({ executablePath: await unpackBrowser(), args: ['--no-sandbox', ...flags()] })
  })
  after(() => browser?.close())
  return () => {
    if (browser === undefined) throw new Error('The browser runs inside tests only.')
    return browser
  }
}
