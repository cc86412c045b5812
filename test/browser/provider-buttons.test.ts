import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SetUICustomizationCommand } from '@aws-sdk/client-cognito-identity-provider'
import type { Page } from 'playwright-core'
import { computed } from '../support/branded-page.ts'
import { givenDomain, givenStyle, loginPath, settingsOf } from '../support/branding.ts'
import { engines } from '../support/engines.ts'
import { checkLooks, useLooks } from '../support/page-looks.ts'
import { givenAllProviders } from '../support/provider-buttons.ts'
import { runSamlProvider } from '../support/saml-provider.ts'
import { useTestServer } from '../support/test-server.ts'

const icon = (colour: string) =>
  new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" width="20" height="20"><circle cx="10" cy="10" r="9" fill="${colour}"/></svg>`,
  )

for (const engine of engines.slice(0, 1)) {
  describe('The buttons of identity providers in a browser', async () => {
    const server = useTestServer(engine)
    const withPage = useLooks()
    const saml = await runSamlProvider()
    const open = (page: Page, clientId: string, host = new URL(server().url).host) => page.goto(`http://${host}${loginPath(clientId)}`)
    const background = (page: Page, type: string) => computed(page, `.provider-${type}`, 'background-color')

    it('have the colours and marks that the providers prescribe, in light and in dark', async () => {
      const { clientId } = await givenAllProviders(server(), saml)
      await withPage(async (page) => {
        const asked: string[] = []
        page.on('request', (request) => asked.push(new URL(request.url()).host))
        await open(page, clientId)
        assert.deepEqual([...new Set(asked)], [new URL(server().url).host])
        assert.deepEqual(await page.locator('.provider').allInnerTexts(), [
          'Continue with Google',
          'Continue with Apple',
          'Continue with Facebook',
          'Continue with Amazon',
          'Continue with Contoso',
          'Continue with Fabrikam',
        ])
        assert.equal(await page.locator('.provider svg.mark').count(), 4)
        await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
        assert.equal(await background(page, 'google'), 'rgb(255, 255, 255)')
        assert.equal(await background(page, 'signinwithapple'), 'rgb(0, 0, 0)')
        assert.equal(await background(page, 'facebook'), 'rgb(8, 102, 255)')
        await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
        assert.equal(await background(page, 'google'), 'rgb(19, 19, 20)')
        assert.equal(await background(page, 'signinwithapple'), 'rgb(255, 255, 255)')
        await checkLooks(page, 'providers')
      })
    })

    it('stay light on classic pages, whose CSS can change them', async () => {
      const { poolId, clientId } = await givenAllProviders(server(), saml)
      const host = await givenDomain(server(), poolId, 1)
      await withPage(async (page) => {
        await open(page, clientId, host)
        await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
        assert.equal(await background(page, 'google'), 'rgb(255, 255, 255)')
        await checkLooks(page, 'providers-classic')
        const CSS = `.idpButton-customizable { background-color: #123456; color: #fff; border-color: #abcdef }
.idpButton-customizable:hover { background-color: #654321 } .socialButton-customizable { height: 60px; text-align: left }`
        await server().send(new SetUICustomizationCommand({ UserPoolId: poolId, CSS }))
        await page.reload()
        for (const type of ['oidc', 'saml']) assert.equal(await background(page, type), 'rgb(18, 52, 86)')
        assert.equal(await computed(page, '.provider-oidc', 'border-top-color'), 'rgb(171, 205, 239)')
        await page.hover('.provider-oidc')
        assert.equal(await background(page, 'oidc'), 'rgb(101, 67, 33)')
        assert.equal(await computed(page, '.provider-google', 'height'), '60px')
        assert.equal(await computed(page, '.provider-google', 'text-align'), 'left')
        assert.equal(await background(page, 'google'), 'rgb(255, 255, 255)')
      })
    })

    it('follow the style of managed login, with an icon of the administrator for a provider', async () => {
      const ids = await givenAllProviders(server(), saml)
      const image = { Category: 'IDP_BUTTON_ICON', Extension: 'SVG', ResourceId: 'Contoso' } as const
      await givenStyle(server(), ids, {
        Settings: settingsOf({
          'categories.global.colorSchemeMode': 'DYNAMIC',
          'components.idpButton.standard.lightMode.defaults.backgroundColor': 'fff8e1ff',
          'components.idpButton.standard.lightMode.defaults.textColor': '4e342eff',
          'components.idpButton.standard.darkMode.defaults.backgroundColor': '263238ff',
          'components.idpButton.standard.darkMode.defaults.textColor': 'eceff1ff',
        }),
        Assets: [
          { ...image, ColorMode: 'LIGHT', Bytes: icon('#a00') },
          { ...image, ColorMode: 'DARK', Bytes: icon('#6cf') },
        ],
      })
      await withPage(async (page) => {
        await open(page, ids.clientId)
        await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
        for (const type of ['google', 'facebook', 'oidc']) {
          assert.equal(await background(page, type), 'rgb(255, 248, 225)')
          assert.equal(await computed(page, `.provider-${type}`, 'border-top-color'), 'rgb(195, 201, 209)')
        }
        const shown = () => page.evaluate<string>("document.querySelector('.provider-oidc img').currentSrc")
        const light = await shown()
        assert.equal(await page.evaluate("document.querySelector('.provider-oidc img').naturalWidth"), 20)
        await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
        assert.equal(await background(page, 'google'), 'rgb(38, 50, 56)')
        await page.waitForFunction(`document.querySelector('.provider-oidc img').currentSrc !== ${JSON.stringify(light)}`)
        await checkLooks(page, 'providers-managed')
      })
    })

    it('have no icons where the style switches them off', async () => {
      const ids = await givenAllProviders(server(), saml)
      await givenStyle(server(), ids, { Settings: settingsOf({ 'componentClasses.idpButtons.icons.enabled': false }) })
      await withPage(async (page) => {
        await open(page, ids.clientId)
        assert.equal(await computed(page, '.provider-google .mark', 'display'), 'none')
      })
    })

    it('give way to a field for the address where all SAML providers have domains', async () => {
      const identifiers = ['fabrikam.test']
      const [both, only] = [
        await givenAllProviders(server(), saml, { identifiers }),
        await givenAllProviders(server(), saml, { identifiers, hasOwnUsers: false }),
      ]
      await withPage(async (page) => {
        await open(page, both.clientId)
        assert.equal(await page.locator('.provider-saml').count(), 0)
        await checkLooks(page, 'providers-corporate')
        await open(page, only.clientId)
        await checkLooks(page, 'providers-corporate-only')
        await page.getByLabel('Email address').fill('ana@other.test')
        await page.getByRole('button', { name: 'Continue', exact: true }).click()
        assert.equal(await page.getByRole('alert').innerText(), 'No company sign-in is set up for this email address.')
        await page.getByLabel('Email address').fill('ana@Fabrikam.test')
        await page.getByRole('button', { name: 'Continue', exact: true }).click()
        await page.getByRole('heading', { name: 'SAML provider' }).waitFor()
        assert.ok(page.url().startsWith(`${saml.origin}/sso?SAMLRequest=`))
      })
    })
  })
}
