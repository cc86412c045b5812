import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import {
  decideOn,
  givenDevice,
  givenDevicePool,
  openDecision,
  poll,
  setDeviceGrant,
  submitDecision,
  typeUserCode,
  wrongUserCode,
} from '../../support/device-grant.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { giveAttributes, setMfa } from '../../support/mfa.ts'
import { callback, codeClient, encode, givenClient, givenOAuthPool } from '../../support/oauth.ts'
import { alertIn, titleIn } from '../../support/page-texts.ts'
import { codeSentTo } from '../../support/self-service.ts'
import { claimsOf, givenUser } from '../../support/sign-in.ts'
import { csrfTokenIn, formActionIn, hiddenFieldsIn, locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`The page /device on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const errorAfter = async (device: Parameters<typeof poll>[1]) => (await poll(server(), device)).body['error']

    it('asks for the code, the sign-in and the decision, and says which app asks for which access', async () => {
      const scopes = [...codeClient.AllowedOAuthScopes, 'https://api.test/read']
      const { poolId, clientId } = await givenDevicePool(server(), { client: { ClientName: 'Television', AllowedOAuthScopes: scopes } })
      await giveAttributes(server(), poolId, 'ana', { email: 'ana@example.test' })
      const asked = { scope: 'openid email https://api.test/read', resource: 'https://other.test/' }
      const device = await givenDevice(server(), clientId, asked)
      const browser = new TestBrowser(server())
      assert.equal(titleIn(await browser.visit(device.page)), 'Connect a device')
      const page = await openDecision(browser, device)
      assert.equal(titleIn(page), 'Allow Television on your device?')
      for (const words of [
        device.userCode,
        'ana@example.test',
        'your user ID',
        'your email address',
        'read',
        'the service https://other.test/',
      ]) {
        assert.ok(page.text.includes(words), words)
      }
      assert.doesNotMatch(page.text, /phone number/)
      assert.equal(await errorAfter(device), 'authorization_pending')
      assert.equal(titleIn(await submitDecision(browser, page, 'allow')), 'Your device is connected')
      assert.equal((await poll(server(), device)).status, 200)
    })

    it('needs no second sign-in in a browser that has a session, and always the decision', async () => {
      const { clientId } = await givenDevicePool(server())
      const browser = new TestBrowser(server())
      await browser.signIn({ client_id: clientId, redirect_uri: callback, response_type: 'code' }, 'ana')
      const device = await givenDevice(server(), clientId)
      const address = locationOf(await typeUserCode(browser, device.page, device.userCode))
      assert.equal(titleIn(await browser.visit(address)), 'Allow oauth on your device?')
      assert.equal(await errorAfter(device), 'authorization_pending')
    })

    it('takes codes in lower case, and with other signs than a hyphen', async () => {
      const { clientId } = await givenDevicePool(server())
      const { page, userCode } = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      const bare = userCode.replace('-', '')
      for (const typed of [bare, userCode.toLowerCase(), `  ${bare.slice(0, 2)} ${bare.slice(2)} `, userCode.replace('-', '–')]) {
        assert.match(locationOf(await typeUserCode(browser, page, typed)), /^\/device\?client_id=\w+&device_request=/, typed)
      }
    })

    it('leads through the second factor of the user', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      await setMfa(server(), poolId, 'ON', ['email'])
      await giveAttributes(server(), poolId, 'ana', { email: 'ana@example.test', email_verified: 'true' })
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      const login = locationOf(await browser.visit(locationOf(await typeUserCode(browser, device.page, device.userCode))))
      const challenge = locationOf(await browser.submitLogin(login, 'ana'))
      assert.match(challenge, /^\/challenge\?/)
      const form = await browser.visit(challenge)
      const code = await codeSentTo(server(), poolId, 'ana@example.test')
      const decision = await browser.visit(locationOf(await browser.submit(formActionIn(form), { ...hiddenFieldsIn(form), code })))
      await submitDecision(browser, decision, 'allow')
      const { body } = await poll(server(), device)
      assert.equal(claimsOf(String(body['id_token']))['cognito:username'], 'ana')
    })

    it('only fills in a code that the address brings: the user sends it, compares it and decides', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      await browser.signIn({ client_id: clientId, redirect_uri: callback, response_type: 'code' }, 'ana')
      const page = await browser.visit(`${device.completePage}&decision=allow`)
      assert.equal(page.status, 200)
      assert.ok(page.text.includes(`value="${device.userCode}"`))
      assert.match(page.text, /Continue only if your device shows this code/)
      assert.equal(await errorAfter(device), 'authorization_pending')
      const odd = await browser.visit(`${device.page}&${encode({ user_code: '"><script>alert(1)</script>' })}`)
      assert.doesNotMatch(odd.text, /alert\(1\)/)
    })

    it('shows one error for codes that are wrong, of another client, expired, denied or used', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const other = await givenClient(server(), poolId, codeClient)
      await setDeviceGrant(server(), poolId, other.clientId)
      const expired = await givenDevice(server(), clientId)
      server().clock.advance(900_000)
      const [foreign, denied, used] = [
        await givenDevice(server(), other.clientId),
        await givenDevice(server(), clientId),
        await givenDevice(server(), clientId),
      ]
      const browser = new TestBrowser(server())
      await decideOn(browser, denied, 'deny')
      await decideOn(browser, used, 'allow')
      await poll(server(), used)
      const codes = [expired, foreign, denied, used].map(({ userCode }) => userCode)
      for (const code of [...codes, 'BCDF-GHJK', 'short', 'AEIO-UAEI', '', 'B'.repeat(100_000), 'ＢＣＤＦＧＨＪＫ']) {
        const answer = await typeUserCode(browser, denied.page, code)
        assert.deepEqual([answer.status, alertIn(answer)], [400, wrongUserCode], code)
      }
    })

    it('refuses forms of other sites, and no site may frame it', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      const page = await openDecision(browser, device)
      const allow: Readonly<Record<string, string>> = { ...hiddenFieldsIn(page), decision: 'allow' }
      const action = formActionIn(page)
      await browser.submit(action, { account: allow['account'] ?? '', decision: 'allow' })
      await browser.submit(action, { ...allow, _csrf: 'x'.repeat(43) })
      await browser.submit(action, allow, { 'sec-fetch-site': 'cross-site' })
      await browser.submit(action, { ...allow, decision: 'other' })
      assert.equal(await errorAfter(device), 'authorization_pending')
      const typed = await browser.submit(device.page, { user_code: device.userCode })
      assert.deepEqual([typed.status, alertIn(typed)], [400, 'This page has expired. Please try again.'])
      for (const { headers } of [page, await browser.visit(device.page), typed]) {
        assert.match(headers.get('content-security-policy') ?? '', /form-action 'self'; frame-ancestors 'none'/)
        assert.equal(headers.get('x-frame-options'), 'DENY')
      }
      const login = await browser.visit(`/login?${action.split('?')[1]}`)
      assert.match(login.headers.get('content-security-policy') ?? '', /form-action 'self'; frame-ancestors/)
    })

    it('takes the decision only of the user whom it has shown', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      await givenUser(server(), poolId, 'ben')
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      const shown = await openDecision(browser, device)
      assert.match(shown.text, /Signing in as ana/)
      const query = formActionIn(shown).split('?')[1]
      await browser.submitLogin(`/login?${query}`, 'ben')
      const again = await submitDecision(browser, shown, 'allow')
      assert.match(again.text, /Signing in as ben/)
      assert.equal(await errorAfter(device), 'authorization_pending')
      const choice = await browser.visit(`/select-account?${query}`)
      const account = /name="account" value="([^"]+)"[^>]*><span>ana/.exec(choice.text)?.[1] ?? ''
      const chosen = await browser.submit(formActionIn(choice), { _csrf: csrfTokenIn(choice), account })
      const back = await browser.visit(locationOf(await browser.visit(locationOf(chosen))))
      await submitDecision(browser, back, 'allow')
      const { body } = await poll(server(), device)
      assert.equal(claimsOf(String(body['id_token']))['cognito:username'], 'ana')
    })

    it('knows no session of another pool and no device of another pool', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const elsewhere = await givenDevicePool(server())
      const browser = new TestBrowser(server())
      await browser.signIn({ client_id: elsewhere.clientId, redirect_uri: callback, response_type: 'code' }, 'ana')
      const device = await givenDevice(server(), clientId)
      const address = locationOf(await typeUserCode(browser, device.page, device.userCode))
      assert.equal(locationOf(await browser.visit(address)), `/login?${address.split('?')[1]}`)
      const [name, cookie] = [...browser.cookies].find(([key]) => key === `cognito-${elsewhere.poolId}`) ?? assert.fail()
      browser.cookies.set(name.replace(elsewhere.poolId, poolId), cookie)
      assert.match(locationOf(await browser.visit(address)), /^\/login\?/)
      const moved = address.replace(clientId, elsewhere.clientId)
      for (const wrong of [moved, `${address}x`, address.replace(/device_request=.*/, 'device_request=x')]) {
        const page = await browser.visit(wrong)
        assert.deepEqual([page.status, alertIn(page)], [400, wrongUserCode], wrong)
      }
    })

    it('stores one decision when a device is allowed and denied at once', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      const page = await openDecision(browser, device)
      const answers = await Promise.all((['allow', 'deny', 'allow', 'deny'] as const).map((one) => submitDecision(browser, page, one)))
      const [taken, ...others] = answers.filter(({ status }) => status === 200)
      assert.deepEqual(others, [])
      const isAllowed = titleIn(taken ?? assert.fail()) === 'Your device is connected'
      assert.equal((await poll(server(), device)).status, isAllowed ? 200 : 400)
    })

    it('takes no decision of a user who was disabled meanwhile', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      const page = await openDecision(browser, device)
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.match(locationOf(await submitDecision(browser, page, 'allow')), /^\/login\?/)
      assert.equal(await errorAfter(device), 'authorization_pending')
    })

    it('keeps a session alive that ends when it is idle', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, HostedPages: { SessionIdleMinutes: 10 } })
      const browser = new TestBrowser(server())
      const page = await openDecision(browser, await givenDevice(server(), clientId))
      server().clock.advance(500_000)
      const done = await submitDecision(browser, page, 'allow')
      assert.match(done.headers.getSetCookie().join(), new RegExp(`cognito-${poolId}=`))
      server().clock.advance(500_000)
      const device = await givenDevice(server(), clientId)
      const address = locationOf(await typeUserCode(browser, device.page, device.userCode))
      assert.equal((await browser.visit(address)).status, 200)
    })

    it('gives no app a code for a sign-in that the device page asked for', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      const query = locationOf(await typeUserCode(browser, device.page, device.userCode)).split('?')[1]
      const app = `${query}&then=passkeys&${encode({ redirect_uri: callback, response_type: 'code', prompt: 'login', state: 's' })}`
      assert.match(locationOf(await browser.submitLogin(`/login?${app}`, 'ana')), /^\/passkeys\/add\?/)
      for (const path of ['/oauth2/authorize', '/challenge'])
        assert.equal(locationOf(await browser.visit(`${path}?${app}`)), `/device?${query}`)
      assert.equal((await browser.visit(`/passkeys/add?${app}`)).headers.get('location'), null)
      const twice = await browser.visit(`/login?${query}&${query}`)
      assert.match(locationOf(twice), /^\/error\?error=invalid_request/)
    })

    it('says so when the sign-in page refuses the request', async () => {
      const { clientId } = await givenDevicePool(server())
      const device = await givenDevice(server(), clientId)
      const browser = new TestBrowser(server())
      const login = locationOf(await browser.visit(locationOf(await typeUserCode(browser, device.page, device.userCode))))
      const back = locationOf(await browser.visit(`${login}&identity_provider=Unknown`))
      assert.match(back, /^\/device\?.*&error=invalid_request/)
      const page = await browser.visit(back)
      assert.deepEqual([page.status, titleIn(page)], [400, 'Something went wrong'])
    })

    it('exists in pools of manner strict only, for clients that may use the grant', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const off = await givenClient(server(), poolId, codeClient)
      const cognito = await givenOAuthPool(server())
      await setDeviceGrant(server(), cognito.poolId, cognito.clientId)
      const browser = new TestBrowser(server())
      const at = (client_id: string) => browser.visit(`/device?${encode({ client_id })}`)
      assert.equal((await at(clientId)).status, 200)
      assert.equal((await at(cognito.clientId)).status, 404)
      assert.equal(locationOf(await at(off.clientId)), `/error?error=unauthorized_client&client_id=${off.clientId}`)
      assert.match(locationOf(await at('unknown')), /^\/error\?error=unauthorized_client/)
      assert.equal((await browser.visit('/device')).status, 400)
      const device = await givenDevice(server(), clientId)
      const page = await openDecision(browser, device)
      await setDeviceGrant(server(), poolId, clientId, false)
      assert.match(locationOf(await submitDecision(browser, page, 'allow')), /^\/error\?error=unauthorized_client/)
      await setDeviceGrant(server(), poolId, clientId)
      assert.equal(await errorAfter(device), 'authorization_pending')
    })

    it('has a short address on the domain of the pool, and takes the codes of all its clients there', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const elsewhere = await givenDevicePool(server())
      const domainOf = (id: string) => `device-${id.slice(-9).toLowerCase()}`
      for (const { poolId: UserPoolId } of [{ poolId }, elsewhere]) {
        await server().send(new CreateUserPoolDomainCommand({ UserPoolId, Domain: domainOf(UserPoolId) }))
      }
      const other = await givenClient(server(), poolId, codeClient)
      await setDeviceGrant(server(), poolId, other.clientId)
      const hostOf = (id: string) => `${domainOf(id)}.auth.${new URL(server().url).host}`
      for (const id of [clientId, other.clientId]) {
        const device = { ...(await givenDevice(server(), id)), page: '/device' }
        const foreign = await typeUserCode(new TestBrowser(server(), hostOf(elsewhere.poolId)), '/device', device.userCode)
        assert.deepEqual([foreign.status, alertIn(foreign)], [400, wrongUserCode])
        await decideOn(new TestBrowser(server(), hostOf(poolId)), device, 'allow')
        assert.equal((await poll(server(), device)).status, 200)
      }
    })
  })
}
