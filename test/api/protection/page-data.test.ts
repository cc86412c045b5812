import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accountPages } from '../../support/account-pages.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { encodeData } from '../../support/encoded-data.ts'
import { engines } from '../../support/engines.ts'
import { callback, givenOAuthPool } from '../../support/oauth.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { hiddenFieldsIn, locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const withThreatProtection = { pool: { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } } } as const

for (const engine of engines) {
  describe(`What a form of the hosted pages tells about the browser on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { answer, requestOf } = accountPages(server)

    async function givenAna(options = {}) {
      const ids = await givenOAuthPool(server(), options)
      await givenUser(server(), ids.poolId, 'ana')
      return { ...ids, now: server().clock.now() }
    }

    /** Signs in on the page with this `cognitoAsfData`. The result is the time zone that the event shows. */
    async function signInWith({ poolId, clientId }: { poolId: string; clientId: string }, cognitoAsfData: string) {
      const browser = new TestBrowser(server())
      const page = await browser.visit(`/login?${requestOf(clientId)}`)
      const reply = await answer(browser, page, { username: 'ana', password: goodPassword, cognitoAsfData })
      assert.ok(locationOf(reply).startsWith(callback))
      return (await eventsOf(server(), poolId))[0]?.EventContextData?.Timezone
    }

    it('is read from the field cognitoAsfData, with or without a name', async () => {
      const ana = await givenAna(withThreatProtection)
      assert.equal(await signInWith(ana, encodeData(ana)), '-07:00')
      assert.equal(await signInWith(ana, encodeData({ ...ana, username: '' })), '-07:00')
    })

    it('is ignored when it is empty, forged, unreadable, or as long as a form can be', async () => {
      const ana = await givenAna(withThreatProtection)
      const other = await givenAna()
      const forgeries = [
        '',
        ' ',
        '[object Object]',
        encodeData({ ...ana, clientId: other.clientId }),
        'A'.repeat(131_072),
        'A'.repeat(140_000),
      ]
      for (const encoded of forgeries) assert.equal(await signInWith(ana, encoded), undefined, encoded.slice(0, 20))
    })

    it('is asked for by one script of this host, and only in pools with threat protection', async () => {
      const pages = ['/login', '/signup', '/forgotPassword']
      const [guarded, plain] = [await givenAna(withThreatProtection), await givenAna()]
      for (const path of pages) {
        const page = await new TestBrowser(server()).visit(`${path}?${requestOf(guarded.clientId)}`)
        const scripts = [...page.text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)
        assert.equal(scripts.length, 1, page.text)
        const [, src = ''] = / src="([^"]+)"/.exec(scripts[0] ?? '') ?? []
        assert.match(src, /^\/pages\/browser-data-[\da-f]{16}\.js$/)
        assert.match(scripts[0] ?? '', new RegExp(` data-user-pool-id="${guarded.poolId}" data-client-id="${guarded.clientId}"`))
        assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self';/)
        assert.deepEqual(hiddenFieldsIn(page)['cognitoAsfData'], '')
        assert.equal((await fetch(server().url + src)).status, 200)
        const without = await new TestBrowser(server()).visit(`${path}?${requestOf(plain.clientId)}`)
        assert.doesNotMatch(without.text, /<script|cognitoAsfData/)
        assert.doesNotMatch(without.headers.get('content-security-policy') ?? '', /script-src/)
      }
    })
  })
}
