import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { givenStyle, loginPath, settingsOf } from '../../support/branding.ts'
import { engines } from '../../support/engines.ts'
import { callback, encode, givenOAuthPool, type Reply, send } from '../../support/oauth.ts'
import { alertIn } from '../../support/page-texts.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { formActionIn, hiddenFieldsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

/** The title of the sign-in page in each language of managed login. */
const titles = {
  de: 'Anmelden',
  en: 'Sign in',
  es: 'Iniciar sesión',
  fr: 'Se connecter',
  id: 'Masuk',
  it: 'Accedi',
  ja: 'サインイン',
  ko: '로그인',
  'pt-BR': 'Entrar',
  'zh-CN': '登录',
  'zh-TW': '登入',
} as const

const titleIn = ({ text }: Reply): string => /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? ''

for (const engine of engines.slice(0, 1)) {
  describe('The language of the pages', () => {
    const server = useTestServer(engine)

    async function givenPage() {
      const { clientId } = await givenOAuthPool(server())
      return (more: Readonly<Record<string, string>> = {}) =>
        `/login?${encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', ...more })}`
    }

    it('is the one that `lang` names, and stays that of the browser', async () => {
      const path = await givenPage()
      for (const [lang, title] of Object.entries(titles)) {
        const browser = new TestBrowser(server())
        const page = await browser.visit(path({ lang }))
        assert.equal(titleIn(page), title)
        assert.ok(page.text.includes(`<html lang="${lang}" `))
        assert.equal(titleIn(await browser.visit(path(), { 'accept-language': 'fr' })), title)
        assert.equal(titleIn(await browser.visit(path({ lang: 'en' }))), 'Sign in')
      }
    })

    it('is else the best one of Accept-Language', async () => {
      const path = await givenPage()
      const cases = {
        'de-AT,de;q=0.9,en;q=0.8': 'de',
        'en;q=0.5, ja': 'ja',
        'nl, pt;q=0.1': 'pt-BR',
        'zh-Hant-HK': 'zh-TW',
        zh: 'zh-CN',
        'fr;q=0, it;q=0.2': 'it',
        nl: 'en',
        '*': 'en',
        [`${'x,'.repeat(5000)}de`]: 'en',
      } as const
      for (const [header, language] of Object.entries(cases)) {
        const page = await new TestBrowser(server()).visit(path(), { 'accept-language': header })
        assert.equal(titleIn(page), titles[language], header.slice(0, 40))
      }
    })

    it('is not changed by a language that the pages do not have', async () => {
      const path = await givenPage()
      for (const lang of ['nl', '"><script>', '__proto__', 'constructor']) {
        const page = await new TestBrowser(server()).visit(path({ lang }))
        assert.equal(titleIn(page), 'Sign in')
        assert.ok(!page.headers.getSetCookie().some((cookie) => cookie.startsWith('lang=')))
        assert.ok(!page.text.includes('<script'))
      }
    })

    it('is that of errors, too, also where the client tells which users exist', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      await givenUser(server(), poolId, 'ana')
      const query = { client_id: clientId, redirect_uri: callback, response_type: 'code', lang: 'de' }
      const send = async (path: string, form: Readonly<Record<string, string>>) => {
        const browser = new TestBrowser(server())
        const page = await browser.visit(`${path}?${encode(query)}`)
        return alertIn(await browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), ...form }))
      }
      assert.equal(await send('/login', { username: 'nobody', password: goodPassword }), 'Es gibt kein Konto mit diesem Namen.')
      assert.equal(await send('/forgotPassword', { username: 'nobody' }), 'Es gibt kein Konto mit diesem Namen.')
      assert.equal(await send('/forgotPassword', { username: 'ana' }), 'Das Passwort dieses Kontos kann hier nicht zurückgesetzt werden.')
    })

    it('sets the direction of the page, whose style names no left or right side, so that it holds for both directions', async () => {
      const ids = await givenOAuthPool(server())
      const values = { 'categories.form.location.horizontal': 'START', 'componentClasses.buttons.borderRadius': 3 }
      await givenStyle(server(), ids, { Settings: settingsOf({ ...values, 'categories.global.pageHeader.enabled': true }) })
      const { text } = await send(server(), loginPath(ids.clientId))
      assert.match(text, /<html lang="en" dir="ltr" /)
      const sheets = [...text.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map(([, href = '']) => href)
      assert.equal(sheets.length, 2)
      for (const sheet of sheets) {
        const { text: css } = await send(server(), sheet)
        assert.match(css, /\{/)
        const sided = /(?:^|[;{\s-])(?:left|right)(?:-[a-z-]+)?\s*:|(?:float|clear|text-align|justify-content)\s*:\s*(?:left|right)\b/g
        assert.deepEqual(css.match(sided), null)
        const fourSides = [
          ...css.matchAll(/(?:margin|padding|border-radius|border-width|inset):([^;}\s]+) ([^;}\s]+) ([^;}\s]+) ([^;}\s]+)[;}]/g),
        ]
        for (const [rule, , right, , left] of fourSides) assert.equal(right, left, rule)
      }
    })

    it('can be chosen by a link on every page', async () => {
      const path = await givenPage()
      const { text } = await new TestBrowser(server()).visit(path({ state: 'a&b' }))
      for (const lang of Object.keys(titles)) assert.match(text, new RegExp(`href="/login\\?[^"]*state=a%26b&amp;lang=${lang}"`))
    })
  })
}
