import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteUserPoolCommand, UpdateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { escapeHtml } from '../../../src/base/html.ts'
import { en } from '../../../src/web/pages/locales/en.ts'
import { locales, pageTexts } from '../../../src/web/pages/texts.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { callback, codeClient, encode, givenClient, givenOAuthPool, send } from '../../support/oauth.ts'
import { titleIn } from '../../support/page-texts.ts'
import { rawCall } from '../../support/raw-call.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>

const keys = Object.keys(pageTexts.defaults)

for (const engine of engines) {
  describe(`Own texts of the hosted pages on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const setTexts = (poolId: string, texts: Texts) =>
      callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: { Texts: texts } })
    const setClientTexts = (poolId: string, clientId: string, texts: Texts) =>
      callLifeguard(server(), 'SetUserPoolClientExtensions', { UserPoolId: poolId, ClientId: clientId, HostedPages: { Texts: texts } })
    const open = (clientId: string, lang = 'en', path = '/login') =>
      new TestBrowser(server()).visit(`${path}?${encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', lang })}`)
    const assertRefused = (poolId: string, texts: Texts, message: RegExp) =>
      assert.rejects(setTexts(poolId, texts), (error: Error) => error.name === 'InvalidParameterException' && message.test(error.message))

    it('replace the texts of their language only, and of all clients of their pool only', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      const other = await givenOAuthPool(server())
      await setTexts(poolId, { en: { signInTitle: 'Welcome back' }, 'PT-br': { signInTitle: 'Olá de novo' } })
      assert.equal(titleIn(await open(clientId)), 'Welcome back')
      assert.equal(titleIn(await open(clientId, 'pt-BR')), 'Olá de novo')
      assert.equal(titleIn(await open(clientId, 'de')), 'Anmelden')
      assert.equal(titleIn(await open(other.clientId)), 'Sign in')
      const second = await givenClient(server(), poolId, codeClient)
      assert.equal(titleIn(await open(second.clientId)), 'Welcome back')
    })

    it('of an app client come before those of its pool', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      const second = await givenClient(server(), poolId, codeClient)
      await setTexts(poolId, { en: { signInTitle: 'Pool', signInButton: 'Go' } })
      await setClientTexts(poolId, clientId, { en: { signInTitle: 'Client' } })
      const page = await open(clientId)
      assert.equal(titleIn(page), 'Client')
      assert.match(page.text, />Go<\/button>/)
      assert.equal(titleIn(await open(second.clientId)), 'Pool')
    })

    it('are returned, stay when Cognito’s settings or another section change, and go with the section', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      const texts = { en: { signInTitle: 'Hello' } }
      assert.deepEqual((await setTexts(poolId, texts)).HostedPages.Texts, texts)
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId }))
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, SignUp: {} })
      assert.deepEqual((await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })).HostedPages.Texts, texts)
      assert.deepEqual((await setClientTexts(poolId, clientId, texts)).HostedPages.Texts, texts)
      const ids = { UserPoolId: poolId, ClientId: clientId }
      const pushed = { PushedAuthorizationRequests: { Required: false } }
      const kept = await callLifeguard(server(), 'SetUserPoolClientExtensions', { ...ids, ...pushed })
      assert.deepEqual(kept.HostedPages.Texts, texts)
      await callLifeguard(server(), 'SetUserPoolClientExtensions', { ...ids, HostedPages: {} })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: {} })
      assert.equal(titleIn(await open(clientId)), 'Sign in')
    })

    it('show on the page behind the link of a sign-up message, and in errors', async () => {
      const { poolId, clientId } = await givenOAuthPool(server(), { client: { PreventUserExistenceErrors: 'ENABLED' } })
      await setTexts(poolId, { en: { linkInvalidTitle: 'Old link', errorWrongSignIn: 'Nope.' } })
      const page = await send(server(), `/confirmUser?client_id=${clientId}&user_name=ana&confirmation_code=123456`)
      assert.equal(titleIn(page), 'Old link')
      const browser = new TestBrowser(server())
      const path = `/login?${encode({ client_id: clientId, redirect_uri: callback, response_type: 'code' })}`
      assert.match((await browser.submitLogin(path, 'nobody')).text, /role="alert">Nope\.</)
    })

    it('cannot bring markup, scripts or values of other places onto a page', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      const attacks = [
        '<script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        "' onfocus='alert(1)",
        '</title><base href=//evil.test>',
        '&lt;b&gt; $& $1 $`',
      ]
      for (const attack of attacks) {
        const texts = Object.fromEntries(keys.filter((key) => !pageTexts.defaults[key]?.includes('{')).map((key) => [key, attack]))
        await setTexts(poolId, { en: texts })
        for (const path of ['/login', '/signup', '/forgotPassword']) {
          const { status, text } = await open(clientId, 'en', path)
          assert.equal(status, 200)
          assert.ok(text.includes(escapeHtml(attack)), `${path} ${attack}`)
          assert.ok(!text.includes(attack), `${path} ${attack}`)
        }
      }
    })

    it('fill in the values that belong to them, as often as they name them', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      await setTexts(poolId, { en: { ruleLength: '{count} or more. Yes, {count}!' } })
      assert.match((await open(clientId, 'en', '/signup')).text, /8 or more\. Yes, 8!/)
    })

    it('are refused with an unknown key, and the refusal names the keys that were probably meant', async () => {
      const { poolId } = await givenOAuthPool(server())
      const cases: readonly (readonly [string, RegExp])[] = [
        ['signinTitle', /HostedPages\.Texts\.en: the pages have no text "signinTitle"\. Did you mean signInTitle\?/],
        ['signInTitel', /Did you mean signInTitle\?/],
        ['signIn', /Did you mean signInTitle or signInTo or signInButton\?/],
        ['zzz', /the pages have no text "zzz"\. docs\/page-texts\.md lists all\./],
        ['constructor', /no text "constructor"/],
        ['name', /no text "name"/],
      ]
      for (const [key, message] of cases) await assertRefused(poolId, { en: { [key]: 'x' } }, message)
      const body = `{"UserPoolId":"${poolId}","HostedPages":{"Texts":{"en":{"__proto__":"x"}}}}`
      const { status, body: answer } = await rawCall(server(), 'LifeguardService.SetUserPoolExtensions', body)
      assert.deepEqual([status, answer['__type']], [400, 'InvalidParameterException'])
    })

    it('are refused with an unknown language, or a language twice', async () => {
      const { poolId } = await givenOAuthPool(server())
      await assertRefused(poolId, { nl: { signInTitle: 'Inloggen' } }, /the pages have no language "nl", only de, en, es,/)
      await assertRefused(poolId, { toString: { signInTitle: 'x' } }, /the pages have no language "toString"/)
      await assertRefused(poolId, { 'pt-BR': {}, 'pt-br': {} }, /pt-BR is given twice/)
    })

    it('are refused with a placeholder too few or too many', async () => {
      const { poolId } = await givenOAuthPool(server())
      const original = 'as the text that it replaces: We sent a code to \\{destination\\}\\.'
      await assertRefused(
        poolId,
        { en: { codeSentTo: 'Look into your mail.' } },
        new RegExp(`codeSentTo must contain \\{destination\\}, ${original}`),
      )
      await assertRefused(poolId, { en: { termsBoth: 'You agree to our {terms}.' } }, /termsBoth must contain \{privacy\}/)
      await assertRefused(poolId, { en: { signInTitle: 'Hello {user}' } }, /signInTitle contains \{user\}, for which the page has no value/)
    })

    it('are refused when they are blank, too long, or change the direction of the text around them', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      await assertRefused(poolId, { en: { signInTitle: ' \u00a0' } }, /signInTitle is blank/)
      for (const character of ['\u202e', '\u202a', '\u2066', '\u2069', '\n', '\u2028', '\u007f', '\u0085']) {
        await assertRefused(poolId, { en: { signInTitle: `Sign${character}in` } }, /signInTitle has a control character/)
      }
      await assertRefused(poolId, { en: { signInTitle: '' } }, /length greater than or equal to 1/)
      await assertRefused(poolId, { en: { signInTitle: 'x'.repeat(501) } }, /length less than or equal to 500/)
      await assertRefused(poolId, { en: { signInTitle: 'x'.repeat(100_000) } }, /length less than or equal to 500/)
      await assertRefused(poolId, { en: { signInTitle: '\ud800' } }, /./)
      const long = Object.fromEntries(keys.map((key) => [key, `${'"'.repeat(40)}${pageTexts.defaults[key]}`]))
      await assertRefused(
        poolId,
        { en: long },
        /HostedPages\.Texts\.en: the texts are too long\. Together they may have 30000 bytes of HTML/,
      )
      assert.equal(titleIn(await open(clientId)), 'Sign in')
    })

    it('may be given for all keys of all languages, and the largest keep a page with its style below 60 kilobytes', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      const bytesOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + Buffer.byteLength(escapeHtml(text)), 0)
      // The letter has two bytes.
      const filler = 'é'.repeat(Math.floor((30_000 - bytesOf(Object.values(pageTexts.defaults))) / keys.length / 2))
      const all = Object.fromEntries(keys.map((key) => [key, `${pageTexts.defaults[key]}${filler}`]))
      const bytes = bytesOf(Object.values(all))
      assert.ok(bytes > 29_000 && bytes <= 30_000, String(bytes))
      await setTexts(poolId, Object.fromEntries(pageTexts.languages.map((language) => [language, all])))
      for (const path of ['/login', '/signup', '/forgotPassword']) {
        const page = await open(clientId, 'ja', path)
        const sheets = [...page.text.matchAll(/<link rel="stylesheet" href="([^"]+)"/g)].map(([, href = '']) => href)
        const loaded = await Promise.all(sheets.map((href) => send(server(), href)))
        assert.ok(loaded.length > 0)
        assert.ok([page, ...loaded].reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) < 60_000, path)
      }
    })

    it('end with their pool', async () => {
      const { poolId } = await givenOAuthPool(server())
      await setTexts(poolId, { en: { signInTitle: 'Hello' } })
      await server().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      await assert.rejects(callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId }), { name: 'ResourceNotFoundException' })
    })
  })
}

describe('The texts of all languages', () => {
  it('have the placeholders of the English ones', () => {
    const placeholdersIn = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort()
    for (const [language, texts] of Object.entries(locales)) {
      for (const [key, text] of Object.entries(en)) {
        assert.deepEqual(placeholdersIn(texts[key as keyof typeof en]), placeholdersIn(text), `${language}.${key}`)
      }
    }
  })

  it('have no blank text, no line break, and no space at an end', () => {
    for (const [language, texts] of Object.entries(locales)) {
      for (const [key, text] of Object.entries(texts)) assert.match(text, /^\S(?:.*\S)?$/u, `${language}.${key}`)
    }
  })
})
