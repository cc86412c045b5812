import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ListWebAuthnCredentialsCommand, SetUserPoolMfaConfigCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountPages } from '../../support/account-pages.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { factorBlocks, prefer } from '../../support/mfa.ts'
import { callback, givenOAuthPool } from '../../support/oauth.ts'
import { titleIn } from '../../support/page-texts.ts'
import { withPasskeys } from '../../support/passkeys.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword } from '../../support/sign-in.ts'
import { type CreationOptions, makePasskey } from '../../support/software-authenticator.ts'
import { hiddenFieldsIn, locationOf, passkeyOptionsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const email = 'ana@example.test'

for (const engine of engines) {
  describe(`The proof that the page for a new passkey asks for on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { answer, requestOf } = accountPages(server)

    /** A user who has a second factor only from `prefer` on. A passkey counts as both factors here. */
    async function givenPool(HostedPages: object = {}) {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
      const given = await givenOAuthPool(server(), { pool: { ...withPasskeys.pool, DeviceConfiguration }, client: withPasskeys.client })
      const FactorConfiguration = 'MULTI_FACTOR_WITH_USER_VERIFICATION'
      await server().send(
        new SetUserPoolMfaConfigCommand({
          UserPoolId: given.poolId,
          MfaConfiguration: 'OPTIONAL',
          ...factorBlocks.email,
          WebAuthnConfiguration: { RelyingPartyId: 'localhost', FactorConfiguration, UserVerification: 'required' },
        }),
      )
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: given.poolId, HostedPages })
      const attributes = [
        { Name: 'email', Value: email },
        { Name: 'email_verified', Value: 'true' },
      ]
      await givenUser(server(), given.poolId, 'ana', { attributes })
      const { accessToken } = await givenTokens(server(), given.clientId, 'ana')
      await prefer(server(), given.poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      const passkeys = async () => {
        const { Credentials = [] } = await server().send(new ListWebAuthnCredentialsCommand({ AccessToken: accessToken }))
        return Credentials.length
      }
      return { ...given, path: `/passkeys/add?${requestOf(given.clientId)}`, passkeys }
    }
    type Given = Awaited<ReturnType<typeof givenPool>>

    /** Types the name and the password. Returns where the browser goes then. */
    async function typePassword(browser: TestBrowser, login: string): Promise<string> {
      const asked = locationOf(await browser.submitLogin(login, 'ana'))
      const { action: _, ...fields } = hiddenFieldsIn(await browser.visit(asked))
      return locationOf(await browser.submit(asked, { ...fields, password: goodPassword }))
    }
    async function typeCode(browser: TestBrowser, { poolId }: Given, challenge: string): Promise<string> {
      return locationOf(await answer(browser, await browser.visit(challenge), { code: await codeSentTo(server(), poolId, email) }))
    }
    /** A browser that was remembered in a whole sign-in, without the session of that sign-in. */
    async function givenRememberedBrowser(given: Given) {
      const browser = new TestBrowser(server())
      const challenge = await typePassword(browser, `/login?${requestOf(given.clientId)}`)
      await typeCode(browser, given, challenge)
      const name = `cognito-devices-${given.poolId}`
      const remembered = new TestBrowser(server())
      remembered.cookies.set(name, browser.cookies.get(name) ?? '')
      return remembered
    }

    it('is the second factor, for which a remembered device does not stand in', async () => {
      const given = await givenPool()
      const thief = await givenRememberedBrowser(given)
      const next = await typePassword(thief, `/login?${requestOf(given.clientId)}`)
      assert.ok(next.startsWith(callback), 'the device stands in for the second factor in the sign-in to the app')
      assert.match(locationOf(await thief.visit(given.path)), /^\/login\?.*then=passkeys/)
      const credential = JSON.stringify({ id: 'x' })
      const forced = await thief.submit(given.path, { _csrf: thief.cookies.get('XSRF-TOKEN') ?? '', credential })
      assert.match(locationOf(forced), /^\/login\?.*then=passkeys/)
      assert.equal(await given.passkeys(), 0)
    })

    it('is asked for in the sign-in before the page, also on a remembered device', async () => {
      const given = await givenPool()
      const browser = await givenRememberedBrowser(given)
      const challenge = await typePassword(browser, locationOf(await browser.visit(given.path)))
      assert.match(challenge, /^\/challenge\?/)
      const next = await typeCode(browser, given, challenge)
      const page = await browser.visit(next)
      assert.equal(titleIn(page), 'Sign in faster with a passkey')
      const passkey = makePasskey(passkeyOptionsIn(page) as CreationOptions, server().url.replace('127.0.0.1', 'localhost'))
      await answer(browser, page, { credential: JSON.stringify(passkey.registration) })
      assert.equal(await given.passkeys(), 1)
      assert.deepEqual(await sentTo(server(), given.poolId), [`mfa ${email}`, `mfa ${email}`])
    })

    it('decides whether a passkey is offered after a sign-in', async () => {
      const given = await givenPool({ OfferPasskey: true })
      const browser = await givenRememberedBrowser(given)
      assert.ok((await typePassword(browser, `/login?${requestOf(given.clientId)}`)).startsWith(callback))
      const other = new TestBrowser(server())
      const challenge = await typePassword(other, `/login?${requestOf(given.clientId)}`)
      assert.match(await typeCode(other, given, challenge), /^\/passkeys\/add\?/)
    })
  })
}
