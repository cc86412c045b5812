import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  AdminDisableUserCommand,
  AdminUserGlobalSignOutCommand,
  CreateUserPoolDomainCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { basic, callback, codeClient, encode, givenClient, givenOAuthPool, requestToken, send } from '../../support/oauth.ts'
import { claimsOf, givenUser } from '../../support/sign-in.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { tokenVerifier } from '../../support/token-verifier.ts'
import { useAccessToken } from '../../support/tokens.ts'

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')
const pkce = { code_challenge: challenge, code_challenge_method: 'S256' }

const email = [
  { Name: 'email', Value: 'ana@example.test' },
  { Name: 'email_verified', Value: 'true' },
]

type Given = { readonly poolId: string; readonly clientId: string }

const requestOf = ({ clientId }: Given, more: Readonly<Record<string, string | undefined>> = {}) => ({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: callback,
  state: 'st/at?e=1&',
  scope: 'openid email',
  ...pkce,
  ...more,
})

async function givenCode(server: TestServer, given: Given, more: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  const location = await new TestBrowser(server).signIn(requestOf(given, more), 'ana')
  return location.searchParams.get('code') ?? ''
}

const redeem = (server: TestServer, { clientId }: Given, code: string, more: Readonly<Record<string, string | undefined>> = {}) =>
  requestToken(server, {
    grant_type: 'authorization_code',
    client_id: clientId,
    redirect_uri: callback,
    code,
    code_verifier: verifier,
    ...more,
  })

for (const engine of engines) {
  describe(`The code flow on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(options = {}) {
      const given = await givenOAuthPool(server(), options)
      const { sub } = await givenUser(server(), given.poolId, 'ana', { attributes: email })
      return { ...given, sub }
    }

    it('signs a user in and gives tokens with the granted scopes, which verifiers accept', async () => {
      const given = await givenAna()
      const back = await new TestBrowser(server()).signIn(requestOf(given, { nonce: 'n-1' }), 'ana')
      assert.equal(`${back.origin}${back.pathname}`, callback)
      assert.deepEqual([...back.searchParams.keys()], ['code', 'state'])
      assert.equal(back.searchParams.get('state'), 'st/at?e=1&')
      const code = back.searchParams.get('code') ?? ''
      assert.match(code, /^[0-9a-f-]{36}$/)

      const { status, body } = await redeem(server(), given, code)
      assert.equal(status, 200)
      assert.deepEqual(Object.keys(body), ['id_token', 'access_token', 'refresh_token', 'expires_in', 'token_type'])
      const access = await tokenVerifier(server(), { ...given, tokenUse: 'access' }).verify(String(body['access_token']))
      assert.deepEqual([access['scope'], access['version'], access['username'], access['sub']], ['openid email', 2, 'ana', given.sub])
      const id = await tokenVerifier(server(), { ...given, tokenUse: 'id' }).verify(String(body['id_token']))
      assert.deepEqual(
        [id['nonce'], id['email'], id['email_verified'], id['origin_jti']],
        ['n-1', 'ana@example.test', true, access['origin_jti']],
      )
      const half = createHash('sha256').update(String(body['access_token'])).digest().subarray(0, 16)
      assert.equal(id['at_hash'], half.toString('base64url'))
    })

    it('gives no ID token without openid, and an access token that the API does not accept', async () => {
      const given = await givenAna({ client: { AllowedOAuthScopes: ['https://api.test/read', 'openid'] } })
      const { body } = await redeem(server(), given, await givenCode(server(), given, { scope: 'https://api.test/read' }))
      assert.deepEqual(Object.keys(body), ['access_token', 'refresh_token', 'expires_in', 'token_type'])
      assert.equal(claimsOf(String(body['access_token']))['scope'], 'https://api.test/read')
      const message = 'Access Token does not have required scopes'
      await assert.rejects(useAccessToken(server(), String(body['access_token'])), { name: 'NotAuthorizedException', message })
    })

    it('grants all scopes of the client when the app names none', async () => {
      const given = await givenAna()
      const { body } = await redeem(server(), given, await givenCode(server(), given, { scope: undefined }))
      assert.equal(claimsOf(String(body['access_token']))['scope'], codeClient.AllowedOAuthScopes.join(' '))
      await useAccessToken(server(), String(body['access_token']))
    })

    it('shows the attributes of the scopes in the ID token', async () => {
      const given = await givenAna()
      const shown = async (scope: string) => {
        const { body } = await redeem(server(), given, await givenCode(server(), given, { scope }))
        const claims = claimsOf(String(body['id_token']))
        return ['email', 'email_verified'].filter((name) => name in claims)
      }
      assert.deepEqual(await shown('openid'), ['email', 'email_verified'])
      assert.deepEqual(await shown('openid profile'), ['email', 'email_verified'])
      assert.deepEqual(await shown('openid email'), ['email', 'email_verified'])
      assert.deepEqual(await shown('openid phone'), [])
    })

    it('binds the access token to the resource that the app names', async () => {
      const given = await givenAna()
      const first = await redeem(server(), given, await givenCode(server(), given, { resource: 'https://orders.test' }))
      assert.equal(claimsOf(String(first.body['access_token']))['aud'], 'https://orders.test')
      const form = { grant_type: 'refresh_token', client_id: given.clientId, refresh_token: String(first.body['refresh_token']) }
      assert.equal(claimsOf(String((await requestToken(server(), form)).body['access_token']))['aud'], 'https://orders.test')
    })

    it('gives a code without PKCE, and one to a client with a secret', async () => {
      const given = await givenAna({ client: { GenerateSecret: true } })
      const none = { code_challenge: undefined, code_challenge_method: undefined }
      const code = await givenCode(server(), given, none)
      const form = { grant_type: 'authorization_code', redirect_uri: callback, code }
      assert.equal((await requestToken(server(), { ...form, client_id: given.clientId })).body['error'], 'invalid_client')
      assert.equal((await requestToken(server(), form, basic(given.clientId, given.secret))).status, 200)
    })

    it('uses the default redirect URI when the request names none', async () => {
      const given = await givenAna({ client: { DefaultRedirectURI: callback } })
      const back = await new TestBrowser(server()).signIn(requestOf(given, { redirect_uri: undefined }), 'ana')
      assert.equal(`${back.origin}${back.pathname}`, callback)
      const code = back.searchParams.get('code') ?? ''
      assert.equal((await redeem(server(), given, code, { redirect_uri: undefined })).status, 200)
    })

    it('refuses codes with the error of the reference', async () => {
      const given = await givenAna({ client: { CallbackURLs: [callback, 'https://app.test/other'] } })
      const other = { ...given, ...(await givenClient(server(), given.poolId, codeClient)) }
      const foreign = await givenOAuthPool(server())
      const plain = { code_challenge: undefined, code_challenge_method: undefined }
      const cases: readonly (readonly [string, () => Promise<Awaited<ReturnType<typeof redeem>>>, object])[] = [
        ['no code', () => redeem(server(), given, ''), { error: 'invalid_request' }],
        ['an unknown code', () => redeem(server(), given, '00000000-0000-4000-8000-000000000000'), { error: 'invalid_grant' }],
        ['another client', async () => redeem(server(), other, await givenCode(server(), given)), { error: 'invalid_grant' }],
        ['a client of another pool', async () => redeem(server(), foreign, await givenCode(server(), given)), { error: 'invalid_grant' }],
        [
          'no redirect URI',
          async () => redeem(server(), given, await givenCode(server(), given), { redirect_uri: undefined }),
          { error: 'invalid_request' },
        ],
        [
          'another registered redirect URI',
          async () => redeem(server(), given, await givenCode(server(), given), { redirect_uri: 'https://app.test/other' }),
          { error: 'unauthorized_client', error_description: 'invalid_redirect' },
        ],
        [
          'no verifier',
          async () => redeem(server(), given, await givenCode(server(), given), { code_verifier: undefined }),
          { error: 'invalid_grant' },
        ],
        [
          'another verifier',
          async () => redeem(server(), given, await givenCode(server(), given), { code_verifier: challenge }),
          { error: 'invalid_grant' },
        ],
        [
          'a verifier for a code without a challenge',
          async () => redeem(server(), given, await givenCode(server(), given, plain)),
          { error: 'invalid_grant' },
        ],
      ]
      for (const [what, attempt, body] of cases) {
        const answer = await attempt()
        assert.deepEqual([answer.status, answer.body], [400, body], what)
      }
    })

    it('keeps a code valid after a refused attempt, and for five minutes', async () => {
      const given = await givenAna()
      const code = await givenCode(server(), given)
      await redeem(server(), given, code, { code_verifier: challenge })
      server().clock.advance(299_000)
      assert.equal((await redeem(server(), given, code)).status, 200)
      const late = await givenCode(server(), given)
      server().clock.advance(300_000)
      assert.deepEqual((await redeem(server(), given, late)).body, { error: 'invalid_grant' })
    })

    it('refuses the second use of a code, and ends what the first use gave', async () => {
      const given = await givenAna({ client: {} })
      const code = await givenCode(server(), given, { scope: 'openid aws.cognito.signin.user.admin' })
      const { body } = await redeem(server(), given, code)
      await useAccessToken(server(), String(body['access_token']))
      assert.deepEqual((await redeem(server(), given, code)).body, { error: 'invalid_grant' })
      await assert.rejects(useAccessToken(server(), String(body['access_token'])), { message: 'Access Token has been revoked' })
      const form = { grant_type: 'refresh_token', client_id: given.clientId, refresh_token: String(body['refresh_token']) }
      assert.deepEqual((await requestToken(server(), form)).body, { error: 'invalid_grant' })
    })

    it('leaves the session alone when another client presents the code', async () => {
      const given = await givenAna()
      const other = { ...given, ...(await givenClient(server(), given.poolId, codeClient)) }
      const code = await givenCode(server(), given, { scope: undefined })
      const { body } = await redeem(server(), given, code)
      await redeem(server(), other, code)
      await useAccessToken(server(), String(body['access_token']))
    })

    it('gives one success when a code is redeemed several times at once', async () => {
      const given = await givenAna()
      const code = await givenCode(server(), given)
      const answers = await Promise.all(Array.from({ length: 5 }, () => redeem(server(), given, code)))
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400, 400, 400])
    })

    it('gives nothing for a code whose user was disabled or signed out meanwhile', async () => {
      const given = await givenAna()
      const user = { UserPoolId: given.poolId, Username: 'ana' }
      const code = await givenCode(server(), given)
      await server().send(new AdminUserGlobalSignOutCommand(user))
      assert.deepEqual((await redeem(server(), given, code)).body, { error: 'invalid_grant' })
      const another = await givenCode(server(), given)
      await server().send(new AdminDisableUserCommand(user))
      assert.deepEqual((await redeem(server(), given, another)).body, { error: 'invalid_grant' })
    })

    it('gives no tokens to a client that may not read an attribute of a granted scope', async () => {
      const given = await givenAna({ client: { ReadAttributes: ['email'] } })
      assert.deepEqual((await redeem(server(), given, await givenCode(server(), given))).body, { error: 'invalid_grant' })
      assert.equal((await redeem(server(), given, await givenCode(server(), given, { scope: 'openid' }))).status, 200)
    })

    it('answers the implicit flow in the fragment, without a refresh token', async () => {
      const given = await givenAna({ client: { AllowedOAuthFlows: ['implicit'] } })
      const back = await new TestBrowser(server()).signIn(requestOf(given, { response_type: 'token', nonce: 'n-2' }), 'ana')
      assert.equal(back.search, '')
      const given1 = new URLSearchParams(back.hash.slice(1))
      assert.deepEqual([...given1.keys()], ['id_token', 'access_token', 'token_type', 'expires_in', 'state'])
      const id = await tokenVerifier(server(), { ...given, tokenUse: 'id' }).verify(given1.get('id_token') ?? '')
      assert.deepEqual([id['nonce'], typeof id['at_hash']], ['n-2', 'string'])
    })

    it('serves the domain of a pool to clients of this pool only', async () => {
      const given = await givenAna()
      const prefix = `shop-${given.poolId.slice(-9).toLowerCase()}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: given.poolId, Domain: prefix }))
      const host = `${prefix}.auth.localhost`
      const back = await new TestBrowser(server(), host).signIn(requestOf(given), 'ana')
      const form = { grant_type: 'authorization_code', client_id: given.clientId, redirect_uri: callback, code_verifier: verifier }
      const code = back.searchParams.get('code') ?? ''
      assert.deepEqual((await requestToken(server(), { ...form, code }, { host: 'nothing.auth.localhost' })).body, {
        error: 'invalid_client',
      })
      assert.equal((await requestToken(server(), { ...form, code }, { host })).status, 200)
      const foreign = await givenOAuthPool(server())
      const page = await send(server(), `/oauth2/authorize?${encode(requestOf(foreign))}`, { headers: { host } })
      assert.equal(locationOf(page), `/error?error=unauthorized_client&client_id=${foreign.clientId}`)
    })
  })
}
