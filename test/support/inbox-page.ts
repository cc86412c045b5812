import assert from 'node:assert/strict'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { TestServer } from './test-server.ts'

type Options = BrowserContextOptions & {
  /** Messages of the console that the test expects, such as the blocked script of a message. */
  readonly expectedErrors?: RegExp
}

/** Opens a page of the server. Any other error in its console, such as a violated content policy, fails the test. */
export async function withInboxPage(
  browser: Browser,
  server: TestServer,
  path: string,
  work: (page: Page) => Promise<void>,
  { expectedErrors = /^$/, ...options }: Options = {},
): Promise<void> {
  const context = await browser.newContext({ baseURL: server.url.replace('127.0.0.1', 'localhost'), ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
  page.on('pageerror', (error) => void complaints.push(error.message))
  try {
    await page.goto(path)
    await work(page)
    assert.deepEqual(
      complaints.filter((text) => !expectedErrors.test(text)),
      [],
    )
  } finally {
    await context.close()
  }
}

export const phone: BrowserContextOptions = { viewport: { width: 360, height: 640 }, isMobile: true }

/** Runs in the page: the contrast (WCAG 2) of each visible text with the nearest background behind it. */
export const textContrasts = `
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number)
  const light = (color) => rgb(color).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0)
  const behind = (element) => {
    const color = getComputedStyle(element).backgroundColor
    return rgb(color)[3] === 0 ? behind(element.parentElement) : color
  }
  ;[...document.body.querySelectorAll('*')]
    .filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => {
      const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x)
      return [element.textContent.trim(), (a + 0.05) / (b + 0.05)]
    })
`
