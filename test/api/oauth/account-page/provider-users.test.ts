import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accountAt, act, redirectOf } from '../../../support/account-page.ts'
import { engines } from '../../../support/engines.ts'
import { givenFederatedPool, providerClient } from '../../../support/federation.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { type ProviderCookies, runOpenIdProvider, signInAtProvider } from '../../../support/openid-provider.ts'
import { alertIn, titleIn } from '../../../support/page-texts.ts'
import { answerSaml, givenSamlPool } from '../../../support/saml-pool.ts'
import { runSamlProvider, samlFormFor } from '../../../support/saml-provider.ts'
import { givenSocialPool, type SocialName } from '../../../support/social-providers.ts'
import { TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

const accounts = [{ sub: 'ana', email: 'ana@corp.test', name: 'Ana' }]
/** The session at the provider outlasts the ten minutes in which a sign-in is fresh. */
const ttl = { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Grant: 3600, Session: 3600 }
const notFresh =
  'The provider did not confirm that you signed in there just now. Sign out there, or use another way to sign in, and try again.'

for (const engine of engines) {
  describe(`Users of identity providers on the account page on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    const saml = await runSamlProvider()

    async function turnOn({ poolId, clientId }: { readonly poolId: string; readonly clientId: string }) {
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: { AccountPage: true } })
      await provider.setClock(server().clock.now())
      return { browser: new TestBrowser(server()), at: (section: string) => accountAt(clientId, section) }
    }
    async function given(client: Readonly<Record<string, unknown>> = {}) {
      await provider.open({ clients: [providerClient(server(), client)], accounts, configuration: { ttl } })
      return turnOn(await givenFederatedPool(server(), provider))
    }
    const givenSocial = async (name: SocialName) => turnOn(await givenSocialPool(server(), provider, name, { accounts }))
    async function passTime(ms: number) {
      server().clock.advance(ms)
      await provider.setClock(server().clock.now())
    }
    /** Where the provider's button on the sign-in page leads to. */
    async function followButton(browser: TestBrowser, login: string): Promise<string> {
      const page = await browser.visit(login)
      const button = /href="(\/oauth2\/authorize\?[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
      return redirectOf(await browser.visit(button))
    }
    type Visit = { readonly decline?: boolean; readonly cookies?: ProviderCookies; readonly forge?: (address: URL) => void }
    /** Follows the provider's button on the sign-in page. Returns where the browser goes to, and where it ends. */
    async function signIn(browser: TestBrowser, login: string, { forge = () => undefined, ...visit }: Visit = {}) {
      const toProvider = await followButton(browser, login)
      const forged = new URL(toProvider)
      forge(forged)
      const back = await signInAtProvider(forged.href, 'ana', visit)
      return { asked: new URL(toProvider).searchParams, next: redirectOf(await browser.visit(back.pathname + back.search)) }
    }
    const download = (browser: TestBrowser, address: string) => act(browser, address, 'download')

    it('sign in there, and once more before sensitive changes, which the provider has to prove', async () => {
      const { browser, at } = await given()
      const first = await signIn(browser, redirectOf(await browser.visit(at('data'))))
      assert.equal(first.next, at('data'))
      assert.deepEqual([first.asked.get('prompt'), first.asked.get('max_age')], [null, null])
      const login = redirectOf(await download(browser, at('data')))
      const again = await signIn(browser, login)
      assert.deepEqual([again.asked.get('prompt'), again.asked.get('max_age')], ['login', '0'])
      assert.equal(again.next, at('data'))
      assert.equal((await download(browser, at('data'))).status, 200)
      await passTime(601_000)
      assert.match(redirectOf(await download(browser, at('data'))), /prompt=login$/)
    })

    it('prove nothing by the time of a sign-in for which the provider was not asked to ask them', async () => {
      const { browser, at } = await given({ require_auth_time: true })
      await signIn(browser, redirectOf(await browser.visit(at('data'))))
      const login = redirectOf(await download(browser, at('data')))
      assert.match(login, /prompt=login$/)
      await signIn(browser, login)
      assert.equal((await download(browser, at('data'))).status, 200)
    })

    it('prove nothing by a SAML response that carries the time of the response, unless it was asked for', async () => {
      const { poolId, clientId } = await givenSamlPool(server(), saml, {
        details: { IDPInit: 'true' },
        setUp: { clockMs: server().clock.now() - Date.now() },
      })
      const { browser, at } = await turnOn({ poolId, clientId })
      const signInBySaml = async (login: string) => {
        return answerSaml(browser, await samlFormFor(await followButton(browser, login), 'ana'))
      }
      assert.equal(await signInBySaml(redirectOf(await browser.visit(at('data')))), at('data'))
      const login = redirectOf(await download(browser, at('data')))
      assert.match(login, /prompt=login$/)
      const unasked = new URLSearchParams(login.slice(login.indexOf('?')))
      unasked.set('identity_provider', 'Corp')
      const form = { ...(await samlFormFor(`${saml.origin}/sso`, 'ana')), RelayState: unasked.toString() }
      assert.equal(await answerSaml(browser, form), at('data'))
      assert.match(redirectOf(await download(browser, at('data'))), /prompt=login$/)
      assert.equal(await signInBySaml(login), at('data'))
      assert.equal((await download(browser, at('data'))).status, 200)
    })

    it('prove nothing by an old session at the provider, also if a thief changes our request to it', async () => {
      const { browser, at } = await given({ require_auth_time: true })
      const cookies: ProviderCookies = new Map()
      await signIn(browser, redirectOf(await browser.visit(at('data'))), { cookies })
      await passTime(601_000)
      const thief = new TestBrowser(server())
      const plain = await signIn(thief, redirectOf(await thief.visit(at('data'))), { cookies })
      assert.equal(plain.next, at('data'))
      const login = redirectOf(await download(thief, at('data')))
      const forge = ({ searchParams }: URL) => {
        for (const name of ['prompt', 'max_age']) searchParams.delete(name)
      }
      const { next } = await signIn(thief, login, { cookies, forge })
      assert.match(next, /&error=login_required&?/)
      const page = await thief.visit(next)
      assert.equal(alertIn(page), notFresh)
      assert.match(page.text, /Sign in again/)
      assert.match(redirectOf(await download(thief, at('data'))), /prompt=login$/)
    })

    for (const name of ['Facebook', 'LoginWithAmazon', 'Google'] as const) {
      it(`of ${name} open the page, and change nothing sensitive as long as ${name} proves nothing`, async () => {
        const { browser, at } = await givenSocial(name)
        await signIn(browser, redirectOf(await browser.visit(at('data'))))
        const login = redirectOf(await download(browser, at('data')))
        const { asked, next } = await signIn(browser, login)
        assert.equal(asked.get('claims'), name === 'Google' ? '{"id_token":{"auth_time":{"essential":true}}}' : null)
        assert.equal(alertIn(await browser.visit(next)), notFresh)
        assert.match(redirectOf(await download(browser, at('data'))), /prompt=login$/)
      })
    }

    it('have neither a password nor factors here, and keep the identity that made them', async () => {
      const { browser, at } = await given()
      await signIn(browser, redirectOf(await browser.visit(at(''))))
      for (const section of ['password', 'factors', 'passkeys']) assert.equal((await browser.visit(at(section))).status, 404, section)
      const page = await browser.visit(at('links'))
      assert.match(page.text, /You need this to sign in/)
      assert.doesNotMatch(page.text, /value="unlink"/)
    })

    it('who are refused at the provider see that the sign-in failed, and are not sent there again', async () => {
      const { browser, at } = await given()
      const { next } = await signIn(browser, redirectOf(await browser.visit(at(''))), { decline: true })
      assert.ok(next.startsWith(`${at('')}&error`), next)
      const page = await browser.visit(next)
      assert.equal(page.status, 400)
      assert.equal(titleIn(page), 'Something went wrong')
    })
  })
}
