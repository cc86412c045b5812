import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import axe from 'axe-core'
import type { BrowserContext, Page } from 'playwright-core'
import { useBrowser } from './browser.ts'

const screens = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } } as const

/** A folder for screenshots, such as `screenshots`, which git ignores. Without it none are kept. */
const folder = process.env['LIFEGUARD_SCREENSHOTS']

/** One browser context for each test. Its Content-Security-Policy is off, so that axe can run in the pages. */
export function useLooks() {
  const browser = useBrowser()
  return async function withPage(work: (page: Page, context: BrowserContext) => Promise<void>, options = {}): Promise<void> {
    const context = await browser().newContext({ bypassCSP: true, ...options })
    try {
      await work(await context.newPage(), context)
    } finally {
      await context.close()
    }
  }
}

/**
 * Checks the page that is open on a large and on a small screen, in light and in dark colours: axe finds no fault (WCAG 2.2 AA), nothing is
 * cut off at the side, and the window has the title of the page.
 */
export async function checkLooks(page: Page, name: string): Promise<void> {
  for (const [screen, size] of Object.entries(screens)) {
    await page.setViewportSize(size)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const where = `${name}, ${screen}, ${colorScheme}`
      assert.deepEqual(await faultsOf(page), [], where)
      assert.equal(await page.evaluate('document.documentElement.scrollWidth > innerWidth'), false, where)
      if (folder !== undefined) {
        await mkdir(folder, { recursive: true })
        await page.screenshot({ path: `${folder}/${name}-${screen}-${colorScheme}.png`, fullPage: true })
      }
    }
  }
  assert.equal(await page.title(), await page.getByRole('heading', { level: 1 }).innerText(), name)
}

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const runOnly = JSON.stringify({ runOnly: tags })
  return page.evaluate<string[]>(
    `axe.run(${runOnly}).then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))`,
  )
}
