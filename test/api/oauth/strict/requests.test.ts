import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import * as oauth from 'oauth4webapi'
import { engines } from '../../../support/engines.ts'
import {
  basic,
  callback,
  codeClient,
  encode,
  givenClient,
  givenOAuthPool,
  machineClient,
  post,
  type Reply,
  send,
} from '../../../support/oauth.ts'
import { discover, givenStrictPool } from '../../../support/strict.ts'
import { locationOf, paramsIn, TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'

const titleIn = ({ text }: Reply): string => /<h1>([^<]*)<\/h1>/.exec(text)?.[1] ?? ''

for (const engine of engines) {
  describe(`Requests and refusals of manner strict on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const requestOf = (clientId: string) => ({ client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'openid' })
    const pathOf = (clientId: string, more: Readonly<Record<string, string>> = {}, page = '/oauth2/authorize') =>
      `${page}?${encode({ ...requestOf(clientId), ...more })}`

    async function domainOf(poolId: string): Promise<string> {
      const Domain = `s-${poolId.slice(-9).toLowerCase()}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain }))
      return `${Domain}.auth.${new URL(server().url).host}`
    }

    it('takes an authorization request as a form, which goes on as a GET with the cookies of the browser', async () => {
      const { clientId } = await givenStrictPool(server())
      const browser = new TestBrowser(server())
      const form = { ...requestOf(clientId), state: 'ä &=?#\r\nx: y', nonce: 'n' }
      const posted = await browser.submit('/oauth2/authorize?prompt=login', form, { 'sec-fetch-site': 'cross-site' })
      assert.equal(posted.status, 303)
      const address = posted.headers.get('location') ?? ''
      assert.deepEqual(Object.fromEntries(new URL(address, server().url).searchParams), form)
      assert.ok(address.startsWith('/oauth2/authorize?client_id='))
      const login = locationOf(await browser.visit(address))
      const back = new URL(locationOf(await browser.submitLogin(login, 'ana')))
      assert.equal(back.searchParams.get('state'), form.state)
      // With the session, the same form needs no page.
      const again = await browser.submit('/oauth2/authorize', form)
      assert.match(locationOf(await browser.visit(again.headers.get('location') ?? '')), /[?&]code=/)
    })

    it('refuses forms that are too large, and leads wrong ones to the pages of errors', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const host = await domainOf(poolId)
      const large = await post(server(), '/oauth2/authorize', { ...requestOf(clientId), state: 'ä'.repeat(2000) })
      assert.equal(large.status, 413)
      assert.equal((await post(server(), '/oauth2/authorize', 'x'.repeat(200_000))).status, 413)
      const unknown = await post(server(), '/oauth2/authorize', 'client_id=unknown', { host })
      assert.equal(unknown.headers.get('location'), '/oauth2/authorize?client_id=unknown')
      const evil = await post(server(), '/oauth2/authorize', { ...requestOf(clientId), redirect_uri: 'https://evil.test/' })
      const page = await send(server(), evil.headers.get('location') ?? '')
      assert.equal(locationOf(page), `/error?error=redirect_mismatch&client_id=${clientId}`)
    })

    it('answers 405 to a form for a pool of manner cognito, for an unknown client, and to other bodies', async () => {
      const cognito = await givenOAuthPool(server())
      const strict = await givenStrictPool(server())
      const json = { 'content-type': 'application/json' }
      const answers = [
        await post(server(), '/oauth2/authorize', requestOf(cognito.clientId)),
        await post(server(), '/oauth2/authorize', requestOf(strict.clientId), { host: await domainOf(cognito.poolId) }),
        await post(server(), '/oauth2/authorize', requestOf('unknown')),
        await post(server(), '/oauth2/authorize', ''),
        await post(server(), '/oauth2/authorize', '{}', json),
        await post(server(), pathOf(strict.clientId), '{}', json),
        await send(server(), pathOf(strict.clientId), { method: 'POST' }),
      ]
      for (const { status, headers, body } of answers) {
        assert.deepEqual([status, headers.get('allow'), body], [405, 'GET', { message: 'Method not allowed' }])
      }
    })

    it('refuses response types that it does not have, with the fragment for those that carry tokens', async () => {
      const { clientId } = await givenStrictPool(server(), { client: { AllowedOAuthFlows: ['code', 'implicit'] } })
      const visit = async (response_type: string, more = {}) =>
        new URL(locationOf(await send(server(), pathOf(clientId, { response_type, state: 's', ...more }))))
      for (const responseType of [
        'code id_token',
        'id_token',
        'code token',
        'id_token token',
        'code id_token token',
        'none',
        'CODE',
        'code code',
      ]) {
        const back = await visit(responseType)
        const inFragment = /token/.test(responseType)
        assert.equal(back.hash !== '', inFragment, responseType)
        const answer = paramsIn(back)
        assert.deepEqual([answer.get('error'), answer.get('state')], ['unsupported_response_type', 's'], responseType)
      }
      assert.equal(paramsIn(await visit('', {})).get('error'), 'invalid_request')
      const cognito = await givenOAuthPool(server())
      const plain = paramsIn(locationOf(await send(server(), pathOf(cognito.clientId, { response_type: 'code id_token' }))))
      assert.equal(plain.get('error'), 'invalid_request')
    })

    it('answers with the errors of the standards where those of Cognito differ', async () => {
      const client = { CallbackURLs: [callback, 'https://app.test/other'], ReadAttributes: ['email', 'name'] }
      const given = await givenStrictPool(server(), { client })
      const { clientId, poolId } = given
      const back = await new TestBrowser(server()).signIn({ ...requestOf(clientId), scope: 'openid email' }, 'ana')
      const form = { grant_type: 'authorization_code', client_id: clientId, code: back.searchParams.get('code') ?? '' }
      const elsewhere = await post(server(), '/oauth2/token', { ...form, redirect_uri: 'https://app.test/other' })
      assert.deepEqual([elsewhere.status, elsewhere.body], [400, { error: 'invalid_grant' }])
      // The client may not read `email_verified`. The claim is left out, and the grant stands.
      assert.equal((await post(server(), '/oauth2/token', { ...form, redirect_uri: callback })).status, 200)
      const machine = await givenClient(server(), poolId, { ...machineClient, AllowedOAuthScopes: ['https://api.test/read'] })
      const ask = (scope: string) =>
        post(server(), '/oauth2/token', { grant_type: 'client_credentials', scope }, basic(machine.clientId, machine.secret))
      assert.equal((await ask('https://api.test/read')).body['scope'], 'https://api.test/read')
      for (const scope of ['https://api.test/write', 'unknown', 'openid'])
        assert.deepEqual((await ask(scope)).body, { error: 'invalid_scope' })
      for (const resource of ['x', 'http://api.test/', 'https://api.test/#x', `https://api.test/${'x'.repeat(1024)}`]) {
        const answer = paramsIn(locationOf(await send(server(), pathOf(clientId, { resource }))))
        assert.equal(answer.get('error'), 'invalid_target', resource.slice(0, 40))
      }
    })

    it('names the scope in the answer of the implicit flow', async () => {
      const { clientId } = await givenStrictPool(server(), { client: { AllowedOAuthFlows: ['implicit'] } })
      const request = { ...requestOf(clientId), response_type: 'token', scope: 'openid unknown email' }
      const back = await new TestBrowser(server()).signIn(request, 'ana')
      assert.equal(paramsIn(back).get('scope'), 'openid email')
    })

    it('shows its pages in the language of ui_locales, unless the address has `lang`', async () => {
      const { poolId, clientId } = await givenStrictPool(server())
      const page = async (more: Readonly<Record<string, string>>, headers = {}) => {
        const browser = new TestBrowser(server())
        browser.cookies.set('lang', 'it')
        return { browser, title: titleIn(await browser.visit(pathOf(clientId, more, '/login'), headers)) }
      }
      const many = Array.from({ length: 20 }, (_, index) => `tlh-${index}`).join(' ')
      const cases = [
        [{ ui_locales: 'de' }, 'Anmelden'],
        [{ ui_locales: 'tlh fr-CA de' }, 'Se connecter'],
        [{ ui_locales: 'de', lang: 'es' }, 'Iniciar sesión'],
        [{ ui_locales: 'tlh' }, 'Accedi'],
        [{ ui_locales: `${many} de` }, 'Accedi'],
        [{ ui_locales: '<script> \u0001 %' }, 'Accedi'],
        [{ display: 'popup' }, 'Accedi'],
      ] as const
      for (const [more, title] of cases) assert.equal((await page(more)).title, title, JSON.stringify(more))
      const { browser } = await page({ ui_locales: 'de' })
      assert.equal(browser.cookies.get('lang'), 'it')
      for (const path of ['/signup', '/forgotPassword']) {
        const { text } = await send(server(), pathOf(clientId, { ui_locales: 'ja' }, path))
        assert.match(text, /<html lang="ja" /, path)
      }
      const { body } = await post(server(), '/oauth2/par', { ...requestOf(clientId), ui_locales: 'ko' })
      const pushed = encode({ client_id: clientId, request_uri: String(body['request_uri']), ui_locales: 'de' })
      assert.match((await send(server(), `/login?${pushed}`)).text, /<html lang="ko" /)
      const asking = await send(server(), `/logout?${encode({ client_id: clientId, ui_locales: 'de' })}`)
      assert.match(asking.text, /<html lang="de" /)
      const { as } = await discover(server(), poolId)
      assert.deepEqual(as.ui_locales_supported?.includes('pt-BR'), true)
      const cognito = await givenOAuthPool(server())
      assert.match((await send(server(), pathOf(cognito.clientId, { ui_locales: 'de' }, '/login'))).text, /<html lang="en" /)
    })

    it('names the scheme to a client whose Authorization header was wrong, and to no other', async () => {
      const { poolId, clientId } = await givenStrictPool(server(), { client: { GenerateSecret: true } })
      const open = await givenClient(server(), poolId, codeClient)
      const machine = await givenClient(server(), poolId, machineClient)
      const form = { grant_type: 'client_credentials', token: 'x', ...requestOf(clientId), client_id: undefined }
      const challenge = 'Basic realm="oauth2"'
      for (const path of ['/oauth2/token', '/oauth2/par', '/oauth2/introspect', '/oauth2/revoke']) {
        const wrong = await post(server(), path, form, basic(clientId, 'wrong'))
        assert.deepEqual(
          [wrong.status, wrong.body, wrong.headers.get('www-authenticate')],
          [401, { error: 'invalid_client' }, challenge],
          path,
        )
        const inForm = await post(server(), path, { ...form, client_id: clientId, client_secret: 'wrong' })
        assert.deepEqual([inForm.status, inForm.headers.get('www-authenticate')], [401, null], path)
      }
      const introspecting = await post(server(), '/oauth2/introspect', { token: 'x' }, basic(open.clientId, ''))
      assert.deepEqual([introspecting.status, introspecting.headers.get('www-authenticate')], [401, challenge])
      const { as, options } = await discover(server(), poolId)
      const app = { client_id: machine.clientId }
      const asked = await oauth.clientCredentialsGrantRequest(as, app, oauth.ClientSecretBasic('wrong'), new URLSearchParams(), options)
      await assert.rejects(oauth.processClientCredentialsResponse(as, app, asked), oauth.WWWAuthenticateChallengeError)
      const cognito = await givenOAuthPool(server(), { client: { GenerateSecret: true } })
      const plain = await post(server(), '/oauth2/token', form, basic(cognito.clientId, 'wrong'))
      assert.deepEqual([plain.status, plain.headers.get('www-authenticate')], [400, null])
    })

    it('names the schemes at userInfo when a request has no token, where the host tells the pool', async () => {
      const { poolId } = await givenStrictPool(server())
      const host = await domainOf(poolId)
      const bare = await send(server(), '/oauth2/userInfo', { headers: { host } })
      assert.equal(bare.status, 401)
      assert.match(bare.headers.get('www-authenticate') ?? '', /^Bearer, DPoP algs="ES256 [\w ]+"$/)
      const wrong = await send(server(), '/oauth2/userInfo', { headers: { host, authorization: 'Bearer x' } })
      assert.match(wrong.headers.get('www-authenticate') ?? '', /^Bearer error="invalid_token", error_description="/)
      const bound = await send(server(), '/oauth2/userInfo', { headers: { host, authorization: 'DPoP x' } })
      assert.match(bound.headers.get('www-authenticate') ?? '', /^DPoP error="invalid_token", .*algs="ES256 /)
      const cognito = await givenOAuthPool(server())
      const plain = { headers: { host: await domainOf(cognito.poolId) } }
      for (const sent of [{}, plain]) {
        const answer = await send(server(), '/oauth2/userInfo', sent)
        assert.deepEqual([answer.status, answer.body['error']], [400, 'invalid_request'])
      }
    })
  })
}
