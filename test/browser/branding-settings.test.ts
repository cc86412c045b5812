import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { computed, submitWrong } from '../support/branded-page.ts'
import { givenStyle, loginPath, settingsOf } from '../support/branding.ts'
import { engines } from '../support/engines.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { givenOAuthPool } from '../support/oauth.ts'
import { useLooks } from '../support/page-looks.ts'
import { useTestServer } from '../support/test-server.ts'

/** Which property of which element a colour of the settings changes. The state of the element is how the pointer treats it. */
const colours: readonly (readonly [setting: string, element: string, property: string, state?: 'hover' | 'focus'])[] = [
  ['components.pageBackground.{mode}.color', 'body', 'background-color'],
  ['components.pageHeader.{mode}.background.color', '.bar-header', 'background-color'],
  ['components.pageHeader.{mode}.borderColor', '.bar-header', 'border-bottom-color'],
  ['components.pageFooter.{mode}.background.color', '.bar-footer', 'background-color'],
  ['components.pageFooter.{mode}.borderColor', '.bar-footer', 'border-top-color'],
  ['components.pageText.{mode}.headingColor', 'h1', 'color'],
  ['components.pageText.{mode}.bodyColor', 'body', 'color'],
  ['components.pageText.{mode}.descriptionColor', '.lead', 'color'],
  ['components.form.{mode}.backgroundColor', '.card', 'background-color'],
  ['components.form.{mode}.borderColor', '.card', 'border-top-color'],
  ['components.alert.{mode}.error.backgroundColor', '.alert', 'background-color'],
  ['components.alert.{mode}.error.borderColor', '.alert', 'border-top-color'],
  ['componentClasses.statusIndicator.error.{mode}.indicatorColor', '.alert', 'color'],
  ['componentClasses.statusIndicator.success.{mode}.indicatorColor', '.notice', 'color'],
  ['componentClasses.statusIndicator.success.{mode}.backgroundColor', '.notice', 'background-color'],
  ['componentClasses.statusIndicator.success.{mode}.borderColor', '.notice', 'border-top-color'],
  ['componentClasses.inputLabel.{mode}.textColor', 'label[for=field-username]', 'color'],
  ['componentClasses.inputDescription.{mode}.textColor', '.hint', 'color'],
  ['componentClasses.input.{mode}.defaults.backgroundColor', '#field-username', 'background-color'],
  ['componentClasses.input.{mode}.defaults.borderColor', '#field-username', 'border-top-color'],
  ['componentClasses.focusState.{mode}.borderColor', '#field-username', 'border-top-color', 'focus'],
  ['componentClasses.optionControls.{mode}.selected.backgroundColor', '.check input', 'accent-color'],
  ['componentClasses.link.{mode}.defaults.textColor', 'a.link', 'color'],
  ['componentClasses.link.{mode}.hover.textColor', 'a.link', 'color', 'hover'],
  ['components.primaryButton.{mode}.defaults.backgroundColor', '.primary', 'background-color'],
  ['components.primaryButton.{mode}.defaults.textColor', '.primary', 'color'],
  ['components.primaryButton.{mode}.hover.backgroundColor', '.primary', 'background-color', 'hover'],
  ['components.primaryButton.{mode}.hover.textColor', '.primary', 'color', 'hover'],
  ['components.secondaryButton.{mode}.defaults.backgroundColor', '.secondary', 'background-color'],
  ['components.secondaryButton.{mode}.defaults.borderColor', '.secondary', 'border-top-color'],
  ['components.secondaryButton.{mode}.defaults.textColor', '.secondary', 'color'],
  ['components.secondaryButton.{mode}.hover.borderColor', '.secondary', 'border-top-color', 'hover'],
  ['components.idpButton.standard.{mode}.defaults.backgroundColor', '.provider', 'background-color'],
  ['components.idpButton.standard.{mode}.defaults.textColor', '.provider', 'color'],
  ['components.idpButton.standard.{mode}.hover.textColor', '.provider', 'color', 'hover'],
]

/** Elements that the sign-in page does not have. */
const more = `<p class="lead">d</p><p class="hint">h</p><div class="notice">n</div><a class="link" href="#">l</a>
<button class="secondary" type="button">s</button><a class="provider" href="#">p</a>`

const shapes: readonly (readonly [setting: string, value: string | number, element: string, property: string, expected: string])[] = [
  ['components.form.borderRadius', 3, '.card', 'border-top-left-radius', '3px'],
  ['componentClasses.buttons.borderRadius', 21, '.primary', 'border-top-left-radius', '21px'],
  ['componentClasses.input.borderRadius', 5, '#field-username', 'border-top-left-radius', '5px'],
  ['components.alert.borderRadius', 2, '.alert', 'border-top-left-radius', '2px'],
  ['categories.form.location.horizontal', 'END', '.page', 'align-items', 'flex-end'],
  ['categories.form.location.vertical', 'START', '.page', 'justify-content', 'flex-start'],
  ['categories.global.spacingDensity', 'COMPACT', '.card', 'padding-top', '24px'],
]

for (const engine of engines.slice(0, 1)) {
  describe('The settings of a style in a browser', () => {
    const server = useTestServer(engine)
    const withPage = useLooks()

    const open = (page: Page, clientId: string) => page.goto(server().url + loginPath(clientId))

    async function act(page: Page, element: string, state: 'hover' | 'focus' | undefined) {
      await page.mouse.move(0, 0)
      await page.evaluate('document.activeElement?.blur()')
      if (state === 'hover') await page.hover(element)
      if (state === 'focus') await page.focus(element)
    }

    it('each colour of a style reaches its part of the page, in light and in dark colours', async () => {
      const ids = await givenOAuthPool(server())
      const hexOf = (index: number, mode: string) => `${(index + 16).toString(16)}${mode === 'light' ? '50' : 'b0'}7f`
      const values: Record<string, string | boolean> = {
        'categories.global.colorSchemeMode': 'DYNAMIC',
        'categories.global.pageHeader.enabled': true,
        'categories.global.pageFooter.enabled': true,
      }
      for (const [index, [setting]] of colours.entries()) {
        for (const mode of ['light', 'dark']) values[setting.replace('{mode}', `${mode}Mode`)] = `${hexOf(index, mode)}ff`
      }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, HostedPages: { RememberMeDays: 30 } })
      await givenStyle(server(), ids, { Settings: settingsOf(values) })
      await withPage(async (page) => {
        await page.emulateMedia({ reducedMotion: 'reduce' })
        await open(page, ids.clientId)
        await submitWrong(page)
        await page.evaluate(`document.querySelector('main').insertAdjacentHTML('beforeend', ${JSON.stringify(more)})`)
        for (const mode of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme: mode })
          for (const [index, [setting, element, property, state]] of colours.entries()) {
            await act(page, element, state)
            const [red, green, blue] = (hexOf(index, mode).match(/../g) ?? []).map((hex) => Number.parseInt(hex, 16))
            assert.equal(await computed(page, element, property), `rgb(${red}, ${green}, ${blue})`, `${setting} ${mode}`)
          }
        }
      })
    })

    for (const [setting, value, element, property, expected] of shapes) {
      it(`${setting} makes ${property} of ${element} ${expected}`, async () => {
        const ids = await givenOAuthPool(server())
        await givenStyle(server(), ids, { Settings: settingsOf({ [setting]: value }) })
        await withPage(async (page) => {
          await open(page, ids.clientId)
          await submitWrong(page)
          assert.equal(await computed(page, element, property), expected)
        })
      })
    }

    it('a style with one colour scheme keeps it, whatever the browser prefers', async () => {
      for (const scheme of ['LIGHT', 'DARK'] as const) {
        const ids = await givenOAuthPool(server())
        const colour = { LIGHT: 'f0f8ffff', DARK: '001020ff' }[scheme]
        const setting = `components.pageBackground.${scheme.toLowerCase()}Mode.color`
        await givenStyle(server(), ids, { Settings: settingsOf({ 'categories.global.colorSchemeMode': scheme, [setting]: colour }) })
        await withPage(async (page) => {
          for (const colorScheme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme })
            await open(page, ids.clientId)
            assert.equal(await computed(page, 'body', 'background-color'), scheme === 'LIGHT' ? 'rgb(240, 248, 255)' : 'rgb(0, 16, 32)')
            assert.equal(await computed(page, 'html', 'color-scheme'), scheme.toLowerCase())
          }
        })
      }
    })
  })
}
