import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminListDevicesCommand,
  AdminUpdateDeviceStatusCommand,
  ListWebAuthnCredentialsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { minuteMs } from '../../../src/base/durations.ts'
import type { SelfServiceOperation } from '../../../src/pools/extensions/self-service.ts'
import { accountPages, anaForm, anaEmail as email, givenVerifyingPool, goodForm } from '../../support/account-pages.ts'
import { adminGet } from '../../support/administration.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { giveAttributes, prefer, setMfa } from '../../support/mfa.ts'
import { givenRiskyPool, noticeTo, press } from '../../support/notices.ts'
import { callback, codeClient, givenClient, givenOAuthPool, post, type Reply, requestToken, send } from '../../support/oauth.ts'
import { alertIn, titleIn } from '../../support/page-texts.ts'
import { setWebAuthn } from '../../support/passkeys.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import { setClientSelfService, setSelfService, without } from '../../support/self-service-switches.ts'
import { claimsOf, givenTokens, givenUser, goodPassword } from '../../support/sign-in.ts'
import { makePasskey } from '../../support/software-authenticator.ts'
import {
  csrfTokenIn,
  formActionIn,
  hiddenFieldsIn,
  locationOf,
  paramsIn,
  passkeyOptionsIn,
  TestBrowser,
} from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { refresh, useAccessToken } from '../../support/tokens.ts'
import { setSignUpExtension } from '../../support/user-triggers.ts'

const apiFlows = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const, 'ALLOW_REFRESH_TOKEN_AUTH' as const] }

for (const engine of engines) {
  describe(`Hosted pages with switches of self-service on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { open, answer, follow, requestOf } = accountPages(server)

    const isNotOffered = (page: Reply) => {
      assert.equal(page.status, 404)
      assert.match(page.text, /The user pool does not offer this page\./)
    }
    async function givenAna(client: object = {}) {
      const given = await givenOAuthPool(server(), { client: { ...apiFlows, ...client } })
      await givenUser(server(), given.poolId, 'ana')
      await giveAttributes(server(), given.poolId, 'ana', { email, email_verified: 'true' })
      return given
    }
    async function tokensOf(clientId: string, location: string) {
      const code = paramsIn(location).get('code') ?? ''
      const { body } = await requestToken(server(), { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code })
      return { accessToken: String(body['access_token']), refreshToken: String(body['refresh_token']) }
    }

    it('do not link to a sign-up that is off, and its address and its form answer so', async () => {
      const { poolId, clientId } = await givenVerifyingPool(server())
      const { browser, page: form } = await open('/signup', clientId)
      await setSelfService(server(), poolId, without('SignUp'))
      isNotOffered(await answer(browser, form, anaForm()))
      isNotOffered((await open('/signup', clientId)).page)
      const { page } = await open('/login', clientId)
      assert.doesNotMatch(page.text, /\/signup/)
      assert.match(page.text, /\/forgotPassword/)
      await assert.rejects(adminGet(server(), poolId, 'ana'), { name: 'UserNotFoundException' })
      assert.deepEqual(await sentTo(server(), poolId), [])
      await setClientSelfService(server(), { poolId, clientId }, { Operations: { SignUp: {} } })
      assert.match((await open('/login', clientId)).page.text, /\/signup/)
    })

    it('do not link to a password reset that is off, and a reset that has begun cannot end', async () => {
      const { poolId, clientId } = await givenAna()
      const { browser, page: form } = await open('/forgotPassword', clientId)
      const asked = await follow(browser, await answer(browser, form, { username: 'ana' }))
      const code = await codeSentTo(server(), poolId, email)
      await setClientSelfService(server(), { poolId, clientId }, without('ForgotPassword'))
      const newPassword = { code, password: 'Better-horse-8', confirm_password: 'Better-horse-8' }
      isNotOffered(await answer(browser, asked, newPassword))
      isNotOffered(await answer(browser, asked, { action: 'resend' }))
      isNotOffered(await browser.visit(`/confirmForgotPassword?${requestOf(clientId)}`))
      isNotOffered(await answer(browser, form, { username: 'ana' }))
      isNotOffered(await answer(browser, form, { username: 'nobody' }))
      isNotOffered((await open('/forgotPassword', clientId)).page)
      assert.doesNotMatch((await open('/login', clientId)).page.text, /\/forgotPassword/)
      assert.equal((await browser.visit(`/.well-known/change-password?client_id=${clientId}`)).status, 404)
      assert.deepEqual(await sentTo(server(), poolId), [`forgot-password ${email}`])
      const signedIn = await new TestBrowser(server()).submitLogin(`/login?${requestOf(clientId)}`, 'ana', goodPassword)
      assert.ok(locationOf(signedIn).startsWith(callback))
    })

    it('offer no correction of an address where it is off or the address is locked, and take none', async () => {
      for (const settings of [without('CorrectSignUpContact'), { LockedAttributes: ['email'] }]) {
        const { poolId, clientId } = await givenVerifyingPool(server())
        await setSignUpExtension(server(), poolId, { ContactCorrection: true })
        const { browser, page } = await open('/signup', clientId)
        const confirming = await follow(browser, await answer(browser, page, anaForm()))
        assert.match(confirming.text, /Wrong email address/)
        await setSelfService(server(), poolId, settings)
        assert.doesNotMatch((await browser.visit(`/confirm?${requestOf(clientId)}`)).text, /Wrong email address/)
        const form = { ...hiddenFieldsIn(confirming), contact: 'other@example.test' }
        await browser.submit(`/correctcontact?${requestOf(clientId)}`, form)
        assert.equal((await adminGet(server(), poolId, 'ana')).attributes['email'], email)
        assert.deepEqual(await sentTo(server(), poolId), [`sign-up ${email}`])
        // The sign-up itself can end.
        const code = await codeSentTo(server(), poolId, email)
        await answer(browser, await browser.visit(`/confirm?${requestOf(clientId)}`), { code })
      }
    })

    async function givenPasskeyPages() {
      const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'WEB_AUTHN' as const] } }
      const client = { ExplicitAuthFlows: ['ALLOW_USER_AUTH' as const, 'ALLOW_USER_PASSWORD_AUTH' as const] }
      const given = await givenOAuthPool(server(), { pool: { Policies }, client })
      await setWebAuthn(server(), given.poolId, { RelyingPartyId: 'localhost' })
      await givenUser(server(), given.poolId, 'ana')
      return given
    }
    async function signIn(clientId: string, browser = new TestBrowser(server())) {
      const page = await browser.visit(`/login?${requestOf(clientId)}`)
      const next = locationOf(await browser.submit(formActionIn(page), { _csrf: csrfTokenIn(page), username: 'ana' }))
      const challenge = await browser.visit(next)
      return { browser, next: locationOf(await answer(browser, challenge, { password: goodPassword })) }
    }

    for (const name of ['StartWebAuthnRegistration', 'CompleteWebAuthnRegistration'] satisfies SelfServiceOperation[]) {
      it(`neither offer nor register a passkey when ${name} is off`, async () => {
        const { poolId, clientId } = await givenPasskeyPages()
        const path = `/passkeys/add?${requestOf(clientId)}`
        const { browser } = await signIn(clientId)
        const form = await browser.visit(path)
        const passkey = makePasskey(passkeyOptionsIn(form) as never, server().url)
        await setSelfService(server(), poolId, without(name))
        const credential = JSON.stringify(passkey.registration)
        isNotOffered(await browser.submit(formActionIn(form), { _csrf: csrfTokenIn(form), credential }))
        isNotOffered(await browser.visit(path))
        const again = await signIn(clientId)
        assert.ok(again.next.startsWith(callback))
        const { accessToken } = await tokensOf(clientId, again.next)
        const { Credentials } = await server().send(new ListWebAuthnCredentialsCommand({ AccessToken: accessToken }))
        assert.deepEqual(Credentials, [])
      })
    }

    it('ask for a new sign-in before a passkey where the last one is too old, and say that a second factor is missing', async () => {
      const { poolId, clientId } = await givenPasskeyPages()
      const path = `/passkeys/add?${requestOf(clientId)}`
      const { browser } = await signIn(clientId)
      await setSelfService(server(), poolId, { Operations: { CompleteWebAuthnRegistration: { MaxAuthAgeMinutes: 1 } } })
      server().clock.advance(minuteMs - 1000)
      assert.equal(titleIn(await browser.visit(path)), 'Sign in faster with a passkey')
      server().clock.advance(2000)
      assert.match(locationOf(await browser.visit(path)), /^\/login\?.*then=passkeys/)
      await setSelfService(server(), poolId, { Operations: { StartWebAuthnRegistration: { SecondFactor: true } } })
      const fresh = await signIn(clientId)
      const page = await fresh.browser.visit(path)
      assert.deepEqual([page.status, alertIn(page)], [400, 'Please sign in again with a second factor to do this.'])
      assert.doesNotMatch(page.text, /data-options/)
    })

    /** A pool that tracks devices. Returns a sign-in that asks to remember the browser, and tells what came of it. */
    async function givenTrackingPool(askUser: boolean) {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: askUser }
      const { poolId, clientId } = await givenOAuthPool(server(), { pool: { DeviceConfiguration } })
      await setMfa(server(), poolId, 'OPTIONAL', ['email'])
      await givenUser(server(), poolId, 'ana')
      await giveAttributes(server(), poolId, 'ana', { email, email_verified: 'true' })
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      const devicesOf = async () =>
        (await server().send(new AdminListDevicesCommand({ UserPoolId: poolId, Username: 'ana' }))).Devices?.map(
          ({ DeviceAttributes }) => DeviceAttributes?.find(({ Name }) => Name === 'dev:device_remembered_status')?.Value,
        )
      const signInWithCode = async (browser = new TestBrowser(server())) => {
        const page = await follow(browser, await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana'))
        const code = await codeSentTo(server(), poolId, email)
        const next = locationOf(await answer(browser, page, { code, remember_device: '1' }))
        assert.ok(next.startsWith(callback))
        return { asks: page.text.includes('remember_device'), devices: await devicesOf() }
      }
      const unremember = async () => {
        const user = { UserPoolId: poolId, Username: 'ana' }
        const [device] = (await server().send(new AdminListDevicesCommand(user))).Devices ?? []
        const DeviceRememberedStatus = 'not_remembered'
        await server().send(new AdminUpdateDeviceStatusCommand({ ...user, DeviceKey: device?.DeviceKey, DeviceRememberedStatus }))
      }
      return { poolId, signInWithCode, unremember }
    }

    for (const operation of ['ConfirmDevice', 'UpdateDeviceStatus'] as const) {
      it(`do not remember a browser when ${operation} is off, where the pool lets users decide`, async () => {
        const { poolId, signInWithCode } = await givenTrackingPool(true)
        await setSelfService(server(), poolId, without(operation))
        assert.deepEqual(await signInWithCode(), { asks: false, devices: [] })
        await setSelfService(server(), poolId, {})
        assert.deepEqual(await signInWithCode(), { asks: true, devices: ['remembered'] })
      })
    }

    for (const askUser of [true, false]) {
      const who = askUser ? 'users' : 'the pool'
      it(`do not remember a device again when UpdateDeviceStatus is off, where ${who} decided that it is remembered`, async () => {
        const { poolId, signInWithCode, unremember } = await givenTrackingPool(askUser)
        const browser = new TestBrowser(server())
        assert.deepEqual(await signInWithCode(browser), { asks: askUser, devices: ['remembered'] })
        await unremember()
        await setSelfService(server(), poolId, without('UpdateDeviceStatus'))
        assert.deepEqual(await signInWithCode(browser), { asks: false, devices: ['not_remembered'] })
        await setSelfService(server(), poolId, {})
        assert.deepEqual(await signInWithCode(browser), { asks: askUser, devices: ['remembered'] })
      })
    }

    it('remember each browser when UpdateDeviceStatus is off, where the pool has decided that', async () => {
      const { poolId, signInWithCode } = await givenTrackingPool(false)
      await setSelfService(server(), poolId, without('UpdateDeviceStatus'))
      assert.deepEqual(await signInWithCode(), { asks: false, devices: ['remembered'] })
      await setSelfService(server(), poolId, without('ConfirmDevice'))
      assert.deepEqual(await signInWithCode(), { asks: false, devices: ['remembered'] })
    })

    it('give tokens that tell the second factor and the time of the sign-in, also after a refresh', async () => {
      const { poolId, clientId } = await givenAna()
      await setMfa(server(), poolId, 'OPTIONAL', ['email'])
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      await setSelfService(server(), poolId, { Operations: { GetUser: { SecondFactor: true, MaxAuthAgeMinutes: 5 } } })
      const browser = new TestBrowser(server())
      const page = await follow(browser, await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana'))
      const next = locationOf(await answer(browser, page, { code: await codeSentTo(server(), poolId, email) }))
      const { accessToken, refreshToken } = await tokensOf(clientId, next)
      assert.deepEqual(claimsOf(accessToken)['amr'], ['pwd', 'email_otp', 'mfa'])
      await useAccessToken(server(), accessToken)
      server().clock.advance(4 * minuteMs)
      const renewed = (await refresh(server(), clientId, refreshToken)).AuthenticationResult?.AccessToken ?? ''
      await useAccessToken(server(), renewed)
      server().clock.advance(2 * minuteMs)
      await assert.rejects(useAccessToken(server(), renewed), { message: /^Sign in again: / })
    })

    it('revoke no token when RevokeToken is off, but sign out and show the user', async () => {
      const { poolId, clientId } = await givenAna()
      const browser = new TestBrowser(server())
      const { accessToken, refreshToken } = await tokensOf(
        clientId,
        locationOf(await browser.submitLogin(`/login?${requestOf(clientId)}`, 'ana')),
      )
      await setSelfService(server(), poolId, without('RevokeToken', 'GlobalSignOut', 'GetUser'))
      const refused = await post(server(), '/oauth2/revoke', { token: refreshToken, client_id: clientId })
      assert.deepEqual([refused.status, refused.body['error']], [400, 'unauthorized_client'])
      const userInfo = await send(server(), '/oauth2/userInfo', { headers: { authorization: `Bearer ${accessToken}` } })
      assert.deepEqual([userInfo.status, userInfo.body['email']], [200, email])
      const bye = await browser.visit(`/logout?client_id=${clientId}&logout_uri=${encodeURIComponent('https://app.test/bye')}`)
      assert.equal(locationOf(bye), 'https://app.test/bye')
      assert.match((await browser.visit(`/oauth2/authorize?${requestOf(clientId)}`)).headers.get('location') ?? '', /^\/login\?/)
      await setSelfService(server(), poolId, {})
      assert.equal((await post(server(), '/oauth2/revoke', { token: refreshToken, client_id: clientId })).status, 200)
    })

    it('take no feedback on a sign-in where that is off', async () => {
      const { poolId, clientId } = await givenRiskyPool(server())
      await givenTokens(server(), clientId, 'ana')
      const link = (await noticeTo(server(), poolId)).links[0] ?? ''
      const browser = new TestBrowser(server())
      const page = await browser.visit(link)
      await setSelfService(server(), poolId, without('UpdateAuthEventFeedback'))
      isNotOffered(await press(browser, page, 'valid'))
      isNotOffered(await browser.visit(link))
      assert.deepEqual(
        (await eventsOf(server(), poolId)).map(({ EventFeedback }) => EventFeedback),
        [undefined, undefined],
      )
      await setSelfService(server(), poolId, {})
      assert.equal((await press(browser, page, 'valid')).status, 200)
    })

    it('obey the rule of the app client whose page it is', async () => {
      const { poolId, clientId } = await givenAna()
      const other = await givenClient(server(), poolId, codeClient)
      await setSelfService(server(), poolId, without('ForgotPassword'))
      await setClientSelfService(server(), { poolId, clientId: other.clientId }, { Operations: { ForgotPassword: {} } })
      isNotOffered((await open('/forgotPassword', clientId)).page)
      const { browser, page } = await open('/forgotPassword', other.clientId)
      const asked = await follow(browser, await answer(browser, page, { username: 'ana' }))
      // The form of one client's page does not work at the address of another client.
      const code = await codeSentTo(server(), poolId, email)
      const form = { ...hiddenFieldsIn(asked), ...goodForm({ code }) }
      isNotOffered(await browser.submit(`/forgotPassword?${requestOf(clientId)}`, { ...hiddenFieldsIn(page), username: 'ana' }))
      assert.notEqual((await browser.submit(`/confirmForgotPassword?${requestOf(clientId)}`, form)).status, 302)
      assert.deepEqual(await sentTo(server(), poolId), [`forgot-password ${email}`])
    })
  })
}
