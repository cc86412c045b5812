import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { getId, getToken, invalidLogin, unsupportedProvider, wrongIssuer } from '../../support/identity-logins.ts'
import { callJson, givenIdentityPool } from '../../support/identity-pools.ts'
import { openLoginProviders } from '../../support/login-providers.ts'
import { useTestServer } from '../../support/test-server.ts'

const facebook = 'graph.facebook.com'
const amazon = 'www.amazon.com'
const twitter = 'api.twitter.com'
const saml = 'arn:aws:iam::123456789012:saml-provider/shop'

const valid = { [facebook]: 'good', [amazon]: 'Atza|good', [twitter]: '100-token;token-secret' }
const apps = { [facebook]: '7001', [amazon]: 'client-shop', [twitter]: 'shop-key;shop-secret' }
const users = { [facebook]: ['7001', '100'], [amazon]: ['client-shop', 'amzn1.100'], [twitter]: ['shop-key', '100'] }
const issuers = { [facebook]: facebook, [amazon]: 'https://www.amazon.com', [twitter]: twitter }

const notAccepted = invalidLogin('The provider does not accept the token.')
const wrongAudience = invalidLogin('Incorrect token audience.')
const noResponse = (provider: string) => ({
  name: 'ExternalServiceException',
  message: `The identity provider ${provider} did not respond as expected.`,
})

for (const engine of engines) {
  describe(`Logins of Facebook, Amazon and X on ${engine.name}`, async () => {
    const providers = await openLoginProviders()
    const { state } = providers
    const server = useTestServer(engine, { flags: ['--login-provider-urls', providers.setting] })
    const given = async (SupportedLoginProviders: Record<string, string> = apps, more: object = {}) =>
      (await givenIdentityPool(server(), { AllowClassicFlow: true, SupportedLoginProviders, ...more })).IdentityPoolId
    const tryLogin = async (provider: string, token: string) => getId(server(), await given(), { [provider]: token })
    const respondWith = async (respond: typeof state.respond, work: () => Promise<unknown>) => {
      state.respond = respond
      try {
        await work()
      } finally {
        state.respond = undefined
      }
    }
    const eachProvider = (check: (provider: string, token: string) => Promise<unknown>) =>
      Promise.all(Object.entries(valid).map(([provider, token]) => check(provider, token)))

    it('give the same identity each time, and a token that names the login', async () => {
      const poolId = await given()
      await eachProvider(async (provider, token) => {
        const Logins = { [provider]: token }
        const id = await getId(server(), poolId, Logins)
        assert.equal(await getId(server(), poolId, Logins), id)
        const [audience, subject] = users[provider as keyof typeof users]
        const { claims } = await getToken(server(), id, Logins)
        assert.deepEqual(claims['amr'], ['authenticated', provider, `${provider}:${audience}:${subject}`])
      })
      assert.equal(new Set(state.nonces).size, state.nonces.length)
    })

    it('give the claims iss, aud and sub to principal tags, and no secret', async () => {
      const poolId = await given()
      await eachProvider(async (provider, token) => {
        const Logins = { [provider]: token }
        const id = await getId(server(), poolId, Logins)
        const tags = async (map: object) => {
          await callJson(server(), 'SetPrincipalTagAttributeMap', { IdentityPoolId: poolId, IdentityProviderName: provider, ...map })
          const { claims } = await getToken(server(), id, Logins)
          return (claims['https://aws.amazon.com/tags'] as { principal_tags: object }).principal_tags
        }
        const [audience = '', subject = ''] = users[provider as keyof typeof users]
        assert.deepEqual(await tags({ UseDefaults: true }), { client: [audience], username: [subject] })
        const PrincipalTags = { issuer: 'iss', none: 'app_id', other: 'name' }
        assert.deepEqual(await tags({ PrincipalTags }), { issuer: [issuers[provider as keyof typeof issuers]] })
      })
    })

    it('of Amazon are accepted for the client id and for the app id', async () => {
      const poolId = await given({ [amazon]: 'app-shop' })
      const id = await getId(server(), poolId, { [amazon]: 'Atza|good' })
      const { claims } = await getToken(server(), id, { [amazon]: 'Atza|good' })
      assert.deepEqual(claims['amr'], ['authenticated', amazon, `${amazon}:client-shop:amzn1.100`])
    })

    it('are rejected with the token of another app', async () => {
      await assert.rejects(tryLogin(facebook, 'foreign'), wrongAudience)
      await assert.rejects(tryLogin(amazon, 'Atza|foreign'), wrongAudience)
      const other = await given({ [twitter]: 'else-key;shop-secret' })
      await assert.rejects(getId(server(), other, { [twitter]: valid[twitter] }), notAccepted)
      await assert.rejects(getId(server(), await given({}), valid), unsupportedProvider)
    })

    it('are rejected when the token is unknown, expired or malformed', async () => {
      for (const token of ['bad', 'good\r\nx-injected: 1', 'good ', 'göod', 'a'.repeat(8193), '?access_token=good']) {
        await assert.rejects(tryLogin(facebook, token), notAccepted)
        await assert.rejects(tryLogin(amazon, token), notAccepted)
      }
      await assert.rejects(tryLogin(amazon, 'x&access_token=Atza|good'), notAccepted)
      await assert.rejects(tryLogin(twitter, '100-token;wrong'), notAccepted)
      await assert.rejects(tryLogin(twitter, '100-else;token-secret'), notAccepted)
      const noPair = invalidLogin('It is not an access token and its secret with a semicolon between them.')
      for (const token of ['100-token', '100-token;', ';token-secret', '100-token;token-secret;']) {
        await assert.rejects(tryLogin(twitter, token), noPair)
      }
      const wrongConsumer = await given({ [twitter]: 'shop-key;wrong' })
      await assert.rejects(getId(server(), wrongConsumer, { [twitter]: valid[twitter] }), notAccepted)
    })

    it('of Amazon are rejected with another issuer, no time left, or a wrong answer', async () => {
      const rejected = async (members: Record<string, unknown>, error: object) => {
        state.amazon = members
        try {
          await assert.rejects(tryLogin(amazon, valid[amazon]), error)
        } finally {
          state.amazon = {}
        }
      }
      await rejected({ iss: 'https://www.example.com' }, wrongIssuer)
      for (const exp of [0, -1]) await rejected({ exp }, notAccepted)
      for (const wrong of [{ exp: '3597' }, { user_id: '' }, { user_id: 7 }, { aud: ['client-shop'] }, { user_id: 'x'.repeat(257) }]) {
        await rejected(wrong, noResponse(amazon))
      }
    })

    it('end with ExternalServiceException when the provider answers with another shape or an error of its own', async () => {
      const answers = [
        [200, 'no JSON'],
        [200, '[]'],
        [200, '{}'],
        [200, 'null'],
        [200, '{"id":7001,"aud":"client-shop","id_str":100}'],
        [429, '{"errors":[{"code":88}],"error":{"code":4}}'],
        [500, '{"error":"server_error"}'],
        [500, '{"id":"7001","id_str":"100","iss":"https://www.amazon.com","aud":"client-shop","user_id":"x","exp":5}'],
        [200, JSON.stringify({ id: '7001', padding: 'x'.repeat(70_000) })],
      ] as const
      for (const [status, body] of answers) {
        const work = () => eachProvider((provider, token) => assert.rejects(tryLogin(provider, token), noResponse(provider)))
        await respondWith((_request, response) => response.writeHead(status).end(body), work)
      }
      state.facebookErrorCode = 4
      await assert.rejects(tryLogin(facebook, 'bad'), noResponse(facebook))
      state.facebookErrorCode = 102
      await assert.rejects(tryLogin(facebook, 'bad'), notAccepted)
    })

    it('follow no redirect', async () => {
      const work = () => eachProvider((provider, token) => assert.rejects(tryLogin(provider, token), noResponse(provider)))
      const location = `${providers.url}/private`
      await respondWith((_request, response) => response.writeHead(302, { location }).end('{"id":"7001","id_str":"100"}'), work)
      assert.equal(state.requests.includes('/private'), false)
    })

    it('end with ExternalServiceException when the provider never answers, or never ends its answer', async () => {
      const work = () => eachProvider((provider, token) => assert.rejects(tryLogin(provider, token), noResponse(provider)))
      await respondWith(() => undefined, work)
      await respondWith((_request, response) => void response.writeHead(200).write('{"id":'), work)
    })

    it('of providers that cannot be verified are rejected with a clear error', async () => {
      const poolId = await given({ 'www.digits.com': 'a;b' }, { SamlProviderARNs: [saml] })
      await assert.rejects(getId(server(), poolId, { 'www.digits.com': 'token' }), {
        name: 'InvalidParameterException',
        message: 'Logins of www.digits.com cannot be verified: the provider was shut down.',
      })
      await assert.rejects(getId(server(), poolId, { [saml]: 'token' }), {
        name: 'NotAuthorizedException',
        message: 'This server knows no SAML provider shop (--saml-providers).',
      })
      await assert.rejects(getId(server(), await given(), { 'www.digits.com': 'token' }), unsupportedProvider)
    })
  })
}
