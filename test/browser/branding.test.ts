import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type AssetType, SetUICustomizationCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { computed, submitWrong } from '../support/branded-page.ts'
import { givenDomain, givenStyle, loginPath, settingsOf } from '../support/branding.ts'
import { engines } from '../support/engines.ts'
import { givenOAuthPool } from '../support/oauth.ts'
import { checkLooks, useLooks } from '../support/page-looks.ts'
import { useTestServer } from '../support/test-server.ts'

const svg = (colour: string, text = 'Shop') =>
  new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="48"><rect width="160" height="48" rx="8" fill="${colour}"/><text x="20" y="33" font-size="26" font-family="sans-serif" fill="#fff">${text}</text></svg>`,
  )
/** Four by one pixels. */
const pngLogo = 'iVBORw0KGgoAAAANSUhEUgAAAAQAAAABCAIAAAB2XpiaAAAADUlEQVR4nGP438MARwAsJwYt6NFdIgAAAABJRU5ErkJggg=='

const waves = new TextEncoder().encode(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 60" preserveAspectRatio="none"><rect width="100" height="60" fill="#123a5a"/><path d="M0 40 Q25 25 50 40 T100 40 V60 H0Z" fill="#1f6f8b"/></svg>',
)
const image = (Category: NonNullable<AssetType['Category']>, ColorMode: 'LIGHT' | 'DARK' | 'DYNAMIC', Bytes: Uint8Array): AssetType => ({
  Category,
  ColorMode,
  Bytes,
  Extension: 'SVG',
})

for (const engine of engines.slice(0, 1)) {
  describe('The branding of pages in a browser', () => {
    const server = useTestServer(engine)
    const withPage = useLooks()

    const open = (page: Page, clientId: string) => page.goto(server().url + loginPath(clientId))

    it('images appear where the settings put them, and change with the colour scheme', async () => {
      const ids = await givenOAuthPool(server())
      await givenStyle(server(), ids, {
        Settings: {
          ...settingsOf({
            'categories.global.colorSchemeMode': 'DYNAMIC',
            'categories.global.pageHeader.enabled': true,
            'components.pageHeader.logo.enabled': true,
            'components.form.logo.enabled': true,
            'components.form.logo.position': 'BOTTOM',
          }),
        },
        Assets: [
          image('FORM_LOGO', 'LIGHT', svg('#a00', 'Day')),
          image('FORM_LOGO', 'DARK', svg('#066', 'Night')),
          image('PAGE_HEADER_LOGO', 'DYNAMIC', svg('#333', 'Head')),
          image('PAGE_FOOTER_LOGO', 'DYNAMIC', svg('#333', 'Foot')),
          image('FAVICON_SVG', 'DYNAMIC', svg('#a00', 'S')),
        ],
      })
      await withPage(async (page) => {
        const loaded: string[] = []
        page.on('requestfinished', (request) => loaded.push(new URL(request.url()).pathname))
        await open(page, ids.clientId)
        const shown = () => page.evaluate<string>("document.querySelector('main .logo').currentSrc")
        await page.emulateMedia({ colorScheme: 'light' })
        const day = await shown()
        assert.equal(await page.evaluate("document.querySelector('main .logo').naturalWidth"), 160)
        assert.equal(await page.locator('main .logo').getAttribute('alt'), 'oauth')
        assert.equal(await page.evaluate("document.querySelector('main').lastElementChild.className"), 'banner banner-customizable')
        await page.emulateMedia({ colorScheme: 'dark' })
        await page.waitForFunction(`document.querySelector('main .logo').currentSrc !== ${JSON.stringify(day)}`)
        assert.match(await page.locator('link[rel=icon]').getAttribute('href').then(String), /^\/pages\/images\/.*\.svg$/)
        assert.equal(await page.locator('.bar-header .logo').count(), 1)
        assert.equal(await page.locator('.bar-footer').count(), 0)
      })
    })

    it('an SVG that is opened alone runs no script', async () => {
      const ids = await givenOAuthPool(server())
      const evil = '<svg xmlns="http://www.w3.org/2000/svg"><script>document.documentElement.setAttribute("id","ran")</script></svg>'
      await givenStyle(server(), ids, {
        Settings: settingsOf({ 'components.form.logo.enabled': true }),
        Assets: [image('FORM_LOGO', 'LIGHT', new TextEncoder().encode(evil))],
      })
      // The Content-Security-Policy of the answer counts here, so this page does not switch it off.
      await withPage(
        async (page) => {
          await open(page, ids.clientId)
          const src = await page.locator('main .logo').getAttribute('src')
          await page.goto(server().url + src)
          assert.equal(await page.evaluate('document.documentElement.tagName'), 'svg')
          assert.equal(await page.evaluate('document.documentElement.id'), '')
          assert.equal(await page.evaluate('origin'), 'null')
        },
        { bypassCSP: false },
      )
    })

    it('a classic style sheet changes the pages of its pool only, and beats the rules of the pages', async () => {
      const [own, other] = [await givenOAuthPool(server()), await givenOAuthPool(server())]
      for (const { poolId } of [own, other]) await givenDomain(server(), poolId, 1)
      const CSS = `.submitButton-customizable { background-color: #7a1fa2; font-size: 20px }
.submitButton-customizable:hover { background-color: rgb(1, 2, 3); }
.inputField-customizable { border: 2px solid #00695c; height: 60px } .inputField-customizable:focus { border-color: #123456 }
.label-customizable { color: #880e4f; font-weight: 400 } .background-customizable { background-color: #fff8e1 }`
      await server().send(new SetUICustomizationCommand({ UserPoolId: own.poolId, CSS }))
      await withPage(async (page) => {
        await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' })
        await open(page, own.clientId)
        const button = '.submitButton-customizable'
        assert.equal(await computed(page, button, 'background-color'), 'rgb(122, 31, 162)')
        assert.equal(await computed(page, button, 'font-size'), '20px')
        assert.equal(await computed(page, '#field-password', 'border-top-color'), 'rgb(0, 105, 92)')
        assert.equal(await computed(page, '#field-password', 'height'), '60px')
        assert.equal(await computed(page, 'label', 'color'), 'rgb(136, 14, 79)')
        assert.equal(await computed(page, '.page', 'background-color'), 'rgb(255, 248, 225)')
        assert.equal(await computed(page, 'html', 'color-scheme'), 'light')
        await page.hover(button)
        assert.equal(await computed(page, button, 'background-color'), 'rgb(1, 2, 3)')
        await page.focus('#field-password')
        assert.equal(await computed(page, '#field-password', 'border-top-color'), 'rgb(18, 52, 86)')
        await open(page, other.clientId)
        assert.equal(await computed(page, button, 'background-color'), 'rgb(47, 91, 215)')
      })
    })

    it('the classic style sheet and logo of an app make a page without faults', async () => {
      const ids = await givenOAuthPool(server())
      await givenDomain(server(), ids.poolId, 1)
      const CSS = `.background-customizable { background-color: #eef3f7; }
.banner-customizable { padding: 16px; background-color: #1b3a57; } .logo-customizable { max-width: 60%; max-height: 30%; }
.label-customizable { font-weight: 400; color: #24323f }
.inputField-customizable { width: 100%; height: 34px; color: #333; background-color: #fff; border: 1px solid #788; }
.submitButton-customizable { font-size: 14px; font-weight: bold; margin: 12px 0 4px 0; height: 40px; width: 100%;
  color: #fff; background-color: #1b6f5c; }
.errorMessage-customizable { padding: 5px; font-size: 14px; width: 100%; background: #f5f5f5; border: 2px solid #b3261e; color: #b3261e; }`
      const ImageFile = Buffer.from(pngLogo, 'base64')
      await server().send(new SetUICustomizationCommand({ UserPoolId: ids.poolId, CSS, ImageFile }))
      await withPage(async (page) => {
        await open(page, ids.clientId)
        await submitWrong(page)
        assert.equal(await page.evaluate("document.querySelector('.logo').naturalWidth"), 4)
        assert.equal(await computed(page, '#field-username', 'height'), '34px')
        assert.equal(await computed(page, '.submitButton-customizable', 'height'), '40px')
        await checkLooks(page, 'branded-classic')
      })
    })

    it('branded pages look right and have no faults that axe finds', async () => {
      const brand = { 'primaryButton.lightMode': ['00695cff', 'ffffffff'], 'primaryButton.darkMode': ['80cbc4ff', '00201cff'] }
      const colour = Object.fromEntries(
        Object.entries(brand).flatMap(([name, [backgroundColor = '', textColor = '']]) => [
          [`components.${name}.defaults.backgroundColor`, backgroundColor],
          [`components.${name}.defaults.textColor`, textColor],
        ]),
      )
      const pages = {
        light: { 'categories.global.colorSchemeMode': 'LIGHT', 'categories.form.location.horizontal': 'START' },
        dark: { 'categories.global.colorSchemeMode': 'DARK', 'components.form.logo.formInclusion': 'OUT' },
        adaptive: { 'categories.global.colorSchemeMode': 'DYNAMIC', 'components.form.logo.location': 'CENTER' },
      }
      for (const [name, values] of Object.entries(pages)) {
        const ids = await givenOAuthPool(server())
        const on = {
          'components.form.logo.enabled': true,
          'components.pageBackground.image.enabled': name === 'light',
          'categories.global.pageHeader.enabled': name === 'adaptive',
          'categories.global.pageFooter.enabled': name === 'adaptive',
          'components.pageHeader.logo.enabled': true,
          'componentClasses.buttons.borderRadius': 24,
          'components.form.borderRadius': 4,
        }
        await givenStyle(server(), ids, {
          Settings: settingsOf({ ...values, ...on, ...colour }),
          Assets: [
            image('FORM_LOGO', 'LIGHT', svg('#00695c')),
            image('FORM_LOGO', 'DARK', svg('#4db6ac')),
            image('PAGE_HEADER_LOGO', 'DYNAMIC', svg('#00695c', 'Head')),
            image('PAGE_BACKGROUND', 'DYNAMIC', waves),
          ],
        })
        await withPage(async (page) => {
          await open(page, ids.clientId)
          await checkLooks(page, `branded-${name}`)
        })
      }
    })
  })
}
