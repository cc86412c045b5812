import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  DeleteIdentityProviderCommand,
  DescribeUserPoolClientCommand,
  UpdateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { givenRegistered, openMode, publicApp, setRegistration, update } from '../../support/client-registration.ts'
import { engines } from '../../support/engines.ts'
import { addProvider, appRequest, givenFederatedPool, providerClient, signInByProvider } from '../../support/federation.ts'
import { callback, encode } from '../../support/oauth.ts'
import { runOpenIdProvider } from '../../support/openid-provider.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

/** Any S256 challenge: pools of manner strict need one. */
const pkce = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', scope: 'openid' }

for (const engine of engines) {
  describe(`The identity providers of a client that registered itself on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    before(() => provider.open({ clients: [providerClient(server())], accounts: [{ sub: 'ana', email: 'ana@corp.test' }] }))

    const providersOf = async (UserPoolId: string, ClientId: string) =>
      (await server().send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }))).UserPoolClient?.SupportedIdentityProviders

    /** A pool with the providers `Corp` and `Other`, and a client that registered itself there. */
    async function given() {
      const pool = await givenFederatedPool(server(), provider)
      await addProvider(server(), provider, { ...pool, name: 'Other' })
      await setRegistration(server(), pool.poolId, openMode)
      return { ...pool, registered: await givenRegistered(server(), pool.poolId) }
    }

    it('are all of the pool: users sign in by them, and go on with the session of another client', async () => {
      const { poolId, clientId, registered } = await given()
      assert.deepEqual(await providersOf(poolId, registered.clientId), ['COGNITO', 'Corp', 'Other'])
      assert.match(await signInByProvider(server(), appRequest(registered.clientId, pkce), 'ana'), /\?code=/)
      const browser = new TestBrowser(server())
      await signInByProvider(server(), appRequest(clientId, pkce), 'ana', browser)
      const silent = appRequest(registered.clientId, { ...pkce, prompt: 'none', identity_provider: undefined })
      assert.match(locationOf(await browser.visit(`/oauth2/authorize?${encode(silent)}`)), /\?code=/)
    })

    it('are those that an administrator chooses, also after the client has changed its metadata', async () => {
      const { poolId, registered } = await given()
      const change = { UserPoolId: poolId, ClientId: registered.clientId, CallbackURLs: [callback], SupportedIdentityProviders: ['Other'] }
      await server().send(new UpdateUserPoolClientCommand(change))
      const { status } = await update(server(), registered.body, { ...publicApp, client_id: registered.clientId, client_name: 'New' })
      assert.equal(status, 200)
      assert.deepEqual(await providersOf(poolId, registered.clientId), ['Other'])
    })

    it('may be deleted, and the client can still change its metadata', async () => {
      const { poolId, registered } = await given()
      await server().send(new DeleteIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp' }))
      const { status, text } = await update(server(), registered.body, { ...publicApp, client_id: registered.clientId })
      assert.equal(status, 200, text)
      assert.deepEqual(await providersOf(poolId, registered.clientId), ['COGNITO', 'Other'])
    })
  })
}
