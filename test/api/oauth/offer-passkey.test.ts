import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { accountPages, anaEmail, anaForm, givenVerifyingPool } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { callback, encode } from '../../support/oauth.ts'
import { titleIn } from '../../support/page-texts.ts'
import { setWebAuthn } from '../../support/passkeys.ts'
import { codeSentTo } from '../../support/self-service.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { csrfTokenIn, formActionIn, locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`The offer of a passkey on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { open, answer, follow, requestOf } = accountPages(server)

    async function givenPool(OfferPasskey = true, AllowedFirstAuthFactors: ('PASSWORD' | 'WEB_AUTHN')[] = ['PASSWORD', 'WEB_AUTHN']) {
      const Policies = { SignInPolicy: { AllowedFirstAuthFactors } }
      const given = await givenVerifyingPool(server(), {
        pool: { Policies, AutoVerifiedAttributes: ['email'] },
        client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH'] },
      })
      await setWebAuthn(server(), given.poolId, { RelyingPartyId: 'localhost' })
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: given.poolId, HostedPages: { OfferPasskey } })
      await givenUser(server(), given.poolId, 'ben', { attributes: [{ Name: 'email', Value: 'ben@example.test' }] })
      return given
    }
    async function signIn(clientId: string, browser = new TestBrowser(server()), more: Readonly<Record<string, string>> = {}) {
      const page = await browser.visit(`/login?${requestOf(clientId)}&${encode(more)}`)
      const form = { _csrf: csrfTokenIn(page), username: 'ben', password: goodPassword }
      const next = locationOf(await browser.submit(formActionIn(page), form))
      if (!next.startsWith('/challenge')) return { browser, next }
      return { browser, next: locationOf(await answer(browser, await browser.visit(next), { password: goodPassword })) }
    }
    const isCode = (location: string) => location.startsWith(callback) && paramsIn(location).has('code')

    it('comes after a sign-in and after a sign-up, and leads to the app', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, next } = await signIn(clientId)
      assert.equal(next, `/passkeys/add?${requestOf(clientId)}&`)
      const page = await browser.visit(next)
      assert.equal(titleIn(page), 'Sign in faster with a passkey')
      const skipped = await follow(browser, await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page), action: 'skip' }))
      assert.ok(isCode(locationOf(skipped)))

      const signUp = await open('/signup', clientId)
      const asked = await follow(signUp.browser, await answer(signUp.browser, signUp.page, anaForm()))
      const code = await codeSentTo(server(), poolId, anaEmail)
      assert.match(locationOf(await answer(signUp.browser, asked, { code })), /^\/passkeys\/add\?/)
    })

    it('does not come again for three months after the user has declined it in the browser', async () => {
      const { poolId, clientId } = await givenPool()
      const { browser, next } = await signIn(clientId)
      const page = await browser.visit(next)
      const skipped = await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page), action: 'skip' })
      const cookie = skipped.headers.getSetCookie().find((line) => line.startsWith(`cognito-no-passkey-${poolId}=`))
      assert.match(cookie ?? '', /Max-Age=7776000; HttpOnly/)
      assert.ok(isCode((await signIn(clientId, browser)).next))
      assert.match((await signIn(clientId)).next, /^\/passkeys\/add\?/)
    })

    it('does not come where the pool does not want it or has no passkeys, nor where the app wants a fresh sign-in', async () => {
      const off = await givenPool(false)
      assert.ok(isCode((await signIn(off.clientId)).next))
      const without = await givenPool(true, ['PASSWORD'])
      assert.ok(isCode((await signIn(without.clientId)).next))
      const on = await givenPool()
      // Pools in Cognito's manner ignore max_age.
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: on.poolId, OAuth: { Manner: 'STRICT' } })
      assert.ok(isCode((await signIn(on.clientId, undefined, { max_age: '60' })).next))
      assert.match((await signIn(on.clientId, undefined, { max_age: '3600' })).next, /^\/passkeys\/add\?/)
    })
  })
}
