import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, providerClient, readUser, signInByProvider, tokensFor } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { codeClient, encode, givenClient } from '../../support/oauth.ts'
import { errorIn, runOpenIdProvider } from '../../support/openid-provider.ts'
import { givenUser } from '../../support/sign-in.ts'
import { type ClientKey, givenStrictPool, newClientKey, setClientKeys } from '../../support/strict.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const ana = { sub: 'ana', email: 'ana@corp.test', email_verified: true, name: 'Ana' }
const pemOf = ({ privateKey }: ClientKey) => privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()

for (const engine of engines) {
  describe(`Our client at an OpenID Connect provider on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()

    /** `client` says how our client is registered there, `details` how the pool describes it. */
    async function given(client: object, details: Readonly<Record<string, string>>, faults = {}) {
      await provider.open({ clients: [providerClient(server(), { ...client })], accounts: [ana], faults })
      return givenFederatedPool(server(), provider, { more: { ProviderDetails: details } })
    }
    const signIn = (clientId: string) => signInByProvider(server(), appRequest(clientId), 'ana')

    it('sends its secret by Basic where the details say so, and in the form otherwise', async () => {
      const basic = { token_endpoint_auth_method: 'client_secret_basic' }
      const refused = { status: 401, body: { error: 'invalid_client' } }
      for (const [details, way, otherWay] of [
        [basic, 'Basic', 'none'],
        [{}, 'none', 'Basic'],
      ] as const) {
        const { clientId } = await given(basic, details, { [`${otherWay} POST /token`]: refused })
        assert.equal((await tokensFor(server(), clientId, await signIn(clientId))).claims['name'], 'Ana')
        const other = await given(basic, details, { [`${way} POST /token`]: refused })
        assert.equal(errorIn(await signIn(other.clientId)).description, 'Corp Error - 401 invalid_client')
      }
    })

    it('signs an assertion by its private key, and is refused with another key', async () => {
      const key = newClientKey()
      const method = { token_endpoint_auth_method: 'private_key_jwt' }
      const registered = { ...method, client_secret: undefined, token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [key.jwk] } }
      const { clientId } = await given(registered, { ...method, private_key: pemOf(key), key_id: key.kid })
      assert.equal((await tokensFor(server(), clientId, await signIn(clientId))).claims['name'], 'Ana')
      const other = await given(registered, { ...method, private_key: pemOf(newClientKey()), key_id: key.kid })
      assert.match(errorIn(await signIn(other.clientId)).description ?? '', /^Corp Error - 401 invalid_client/)
    })

    it('needs no discovery where the details name all endpoints, and asks for user info by POST', async () => {
      const { issuer } = provider
      const details = {
        ...{ authorize_url: `${issuer}/auth`, token_url: `${issuer}/token`, jwks_uri: `${issuer}/jwks`, attributes_url: `${issuer}/me` },
        attributes_request_method: 'POST',
      }
      const gone = { status: 404, body: {} }
      const { clientId } = await given({}, details, { '/.well-known/openid-configuration': gone, 'GET /me': gone })
      assert.equal((await tokensFor(server(), clientId, await signIn(clientId))).claims['email'], 'ana@corp.test')
      const byGet = await given({}, { ...details, attributes_request_method: 'GET' }, { 'GET /me': gone })
      assert.equal(errorIn(await signIn(byGet.clientId)).description, 'Corp Error - 404 error getting user info')
    })
  })

  describe(`A pool of manner strict as the provider of another pool on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const attributes = [
      { Name: 'email', Value: 'ana@head.test' },
      { Name: 'email_verified', Value: 'true' },
      { Name: 'name', Value: 'Ana' },
    ]

    /** `head` is the pool with the users, `shop` the pool that trusts it. */
    async function givenPools(authentication: (ids: { poolId: string; clientId: string; secret: string }) => Promise<object>) {
      const client = { CallbackURLs: [`${server().url}/oauth2/idpresponse`], GenerateSecret: true }
      const head = await givenStrictPool(server(), { client })
      const { sub } = await givenUser(server(), head.poolId, 'bea', { attributes })
      const issuer = `${server().url}/${head.poolId}`
      const { poolId } = await server().givenPool()
      const ProviderDetails = {
        ...{ client_id: head.clientId, oidc_issuer: issuer, authorize_scopes: 'openid email profile', attributes_request_method: 'GET' },
        ...(await authentication(head)),
      }
      const AttributeMapping = { email: 'email', email_verified: 'email_verified', name: 'name' }
      const named = { UserPoolId: poolId, ProviderName: 'Head', ProviderType: 'OIDC', AttributeMapping, ProviderDetails } as const
      await server().send(new CreateIdentityProviderCommand(named))
      const { clientId } = await givenClient(server(), poolId, { ...codeClient, SupportedIdentityProviders: ['COGNITO', 'Head'] })
      return { head, sub, issuer, shop: { poolId, clientId } }
    }

    async function signIn(clientId: string, browser: TestBrowser): Promise<string> {
      const request = encode(appRequest(clientId, { identity_provider: 'Head' }))
      const toHead = new URL(locationOf(await browser.visit(`/oauth2/authorize?${request}`)))
      const next = locationOf(await browser.visit(toHead.pathname + toHead.search))
      const back = new URL(next.startsWith('/login?') ? locationOf(await browser.submitLogin(next, 'bea')) : next)
      return locationOf(await browser.visit(back.pathname + back.search))
    }

    const methods = {
      client_secret_post: async ({ secret }: { secret: string }) => ({ client_secret: secret }),
      client_secret_basic: async ({ secret }: { secret: string }) => ({
        client_secret: secret,
        token_endpoint_auth_method: 'client_secret_basic',
      }),
      private_key_jwt: async ({ poolId, clientId }: { poolId: string; clientId: string }) => {
        const key = newClientKey()
        await setClientKeys(server(), poolId, clientId, [key.jwk])
        return { token_endpoint_auth_method: 'private_key_jwt', private_key: pemOf(key), key_id: key.kid }
      },
    }

    for (const [method, authentication] of Object.entries(methods)) {
      it(`signs a user in by ${method}, and again without a page`, async () => {
        const { sub, issuer, shop } = await givenPools(authentication)
        const browser = new TestBrowser(server())
        const first = await tokensFor(server(), shop.clientId, await signIn(shop.clientId, browser))
        assert.equal(first.claims['cognito:username'], `Head_${sub}`)
        const { status, attributes: stored } = await readUser(server(), shop.poolId, `Head_${sub}`)
        assert.equal(status, 'EXTERNAL_PROVIDER')
        assert.deepEqual([stored['email'], stored['email_verified'], stored['name']], ['ana@head.test', 'true', 'Ana'])
        assert.equal(JSON.parse(stored['identities'] ?? '[]')[0].issuer, issuer)
        const other = await givenClient(server(), shop.poolId, { ...codeClient, SupportedIdentityProviders: ['Head'] })
        browser.cookies.delete([...browser.cookies.keys()].find((name) => name.includes(shop.poolId)) ?? '')
        const again = await tokensFor(server(), other.clientId, await signIn(other.clientId, browser))
        assert.equal(again.claims['sub'], first.claims['sub'])
      })
    }

    it('refuses a user whose provider pool was told to forget the client', async () => {
      const { head, shop } = await givenPools(methods.client_secret_post)
      await callLifeguard(server(), 'SetUserPoolClientExtensions', {
        UserPoolId: head.poolId,
        ClientId: head.clientId,
        PrivateKeyJwt: { Keys: { keys: [newClientKey().jwk] } },
      })
      const location = await signIn(shop.clientId, new TestBrowser(server()))
      assert.match(errorIn(location).description ?? '', /^Head Error - 401 invalid_client/)
    })
  })
}
