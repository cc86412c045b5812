import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { createSecrets } from '../../../src/base/secrets.ts'
import { engines } from '../../support/engines.ts'
import { addProvider, givenFederatedPool, providerClient, signInByProvider, tokensFor } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { callback, codeClient, encode, givenClient } from '../../support/oauth.ts'
import { errorIn, runOpenIdProvider } from '../../support/openid-provider.ts'
import { arriveAtProof, withPassword } from '../../support/proof.ts'
import { givenUser } from '../../support/sign-in.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const email = 'ana@corp.test'
const masterKey = randomBytes(32)
const secrets = createSecrets(masterKey)

for (const engine of engines) {
  describe(`A request that names an identity provider, in a browser with a session, on ${engine.name}`, async () => {
    const server = useTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: masterKey.toString('base64') } })
    const provider = await runOpenIdProvider()
    before(() =>
      provider.open({ clients: [providerClient(server())], accounts: ['ana', 'bea'].map((sub) => ({ sub, email, email_verified: true })) }),
    )

    /** A pool with the providers `Corp` and `Other`, both with an identifier, and the local user `local`. */
    async function given() {
      const pool = await givenFederatedPool(server(), provider, { more: { IdpIdentifiers: ['corp.test'] } })
      await addProvider(server(), provider, { ...pool, name: 'Other' })
      await givenUser(server(), pool.poolId, 'local')
      const requestOf = (more: Readonly<Record<string, string | undefined>> = {}) => ({
        client_id: pool.clientId,
        redirect_uri: callback,
        response_type: 'code',
        state: 's',
        ...more,
      })
      const authorize = async (browser: TestBrowser, more: Readonly<Record<string, string | undefined>> = {}) =>
        locationOf(await browser.visit(`/oauth2/authorize?${encode(requestOf(more))}`))
      const bySession = {
        local: async (browser: TestBrowser) => void (await browser.signIn(requestOf(), 'local')),
        corp: async (browser: TestBrowser) =>
          void (await signInByProvider(server(), requestOf({ identity_provider: 'Corp' }), 'ana', browser)),
      }
      const begin = async (way: keyof typeof bySession) => {
        const browser = new TestBrowser(server())
        await bySession[way](browser)
        return browser
      }
      return { ...pool, requestOf, authorize, bySession, begin }
    }
    const toProvider = `${provider.issuer}/auth?`
    const silent = { prompt: 'none' }
    const loginRequired = { error: 'login_required', description: null }

    it('is answered without a sign-in when the session came from this provider', async () => {
      const { clientId, authorize, begin } = await given()
      const browser = await begin('corp')
      for (const named of [{ identity_provider: 'Corp' }, { idp_identifier: 'corp.test' }, {}]) {
        for (const more of [{}, silent]) {
          const { claims } = await tokensFor(server(), clientId, await authorize(browser, { ...named, ...more }))
          assert.equal(claims['cognito:username'], 'Corp_ana')
        }
      }
    })

    it('leads to the provider when the session came from another one, or from a password', async () => {
      const { authorize, begin } = await given()
      const byCorp = await begin('corp')
      assert.ok((await authorize(byCorp, { identity_provider: 'Other' })).startsWith(toProvider))
      assert.deepEqual(errorIn(await authorize(byCorp, { identity_provider: 'Other', ...silent })), loginRequired)
      const byPassword = await begin('local')
      for (const named of [{ identity_provider: 'Corp' }, { idp_identifier: 'corp.test' }]) {
        assert.ok((await authorize(byPassword, named)).startsWith(toProvider))
        assert.deepEqual(errorIn(await authorize(byPassword, { ...named, ...silent })), loginRequired)
      }
      // The session is still good for requests that name no provider.
      assert.match(await authorize(byPassword), /\?code=/)
    })

    it('is answered for users of the pool itself when it names COGNITO', async () => {
      const { clientId, authorize, begin } = await given()
      const named = { identity_provider: 'COGNITO' }
      const byPassword = await begin('local')
      for (const more of [{}, silent]) {
        const { claims } = await tokensFor(server(), clientId, await authorize(byPassword, { ...named, ...more }))
        assert.equal(claims['cognito:username'], 'local')
      }
      const byCorp = await begin('corp')
      assert.match(await authorize(byCorp, named), /^\/login\?/)
      assert.deepEqual(errorIn(await authorize(byCorp, { ...named, ...silent })), loginRequired)
    })

    it('counts the way of the last sign-in, for a user who has both', async () => {
      const { poolId, clientId, requestOf, authorize } = await given()
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Federation: { LinkingPolicy: 'PROOF' } })
      const attributes = [
        { Name: 'email', Value: email },
        { Name: 'email_verified', Value: 'true' },
      ]
      await givenUser(server(), poolId, 'both', { attributes })
      const browser = new TestBrowser(server())
      const page = await arriveAtProof(browser, clientId)
      assert.match(locationOf(await withPassword(browser, page, 'both')), /code=/)
      // The proof was a sign-in by password.
      assert.match(await authorize(browser, { identity_provider: 'COGNITO' }), /code=/)
      const linked = await signInByProvider(server(), requestOf({ identity_provider: 'Corp' }), 'ana', browser)
      assert.equal((await tokensFor(server(), clientId, linked)).claims['cognito:username'], 'both')
      assert.match(await authorize(browser, { identity_provider: 'Corp' }), /code=/)
      assert.match(await authorize(browser, { identity_provider: 'COGNITO' }), /^\/login\?/)
    })

    it('offers the choice among users who came by this provider only', async () => {
      const { authorize, bySession, begin } = await given()
      const browser = await begin('local')
      await bySession.corp(browser)
      const choose = { prompt: 'select_account' }
      const own = await browser.visit(await authorize(browser, { identity_provider: 'COGNITO', ...choose }))
      const all = await browser.visit(await authorize(browser, choose))
      const accountsIn = (text: string) => [...text.matchAll(/name="account" value="[^"]+"><span>/g)].length
      assert.deepEqual([accountsIn(own.text), accountsIn(all.text)], [1, 2])
      const alone = await begin('corp')
      assert.match(await authorize(alone, { identity_provider: 'COGNITO', ...choose }), /^\/login\?/)
    })

    it('is not answered by a session of a provider that the client does not offer, named or not', async () => {
      const { poolId, authorize, begin } = await given()
      const onlyCorp = await givenClient(server(), poolId, { ...codeClient, SupportedIdentityProviders: ['Corp'] })
      const onlyLocal = await givenClient(server(), poolId, { ...codeClient, SupportedIdentityProviders: ['COGNITO'] })
      const [byPassword, byCorp] = [await begin('local'), await begin('corp')]
      assert.ok((await authorize(byPassword, { client_id: onlyCorp.clientId })).startsWith(toProvider))
      assert.deepEqual(errorIn(await authorize(byPassword, { client_id: onlyCorp.clientId, ...silent })), loginRequired)
      assert.match(await authorize(byCorp, { client_id: onlyLocal.clientId }), /^\/login\?/)
      assert.deepEqual(errorIn(await authorize(byCorp, { client_id: onlyLocal.clientId, ...silent })), loginRequired)
      assert.match(await authorize(byCorp, { client_id: onlyCorp.clientId }), /code=/)
      assert.match(await authorize(byPassword, { client_id: onlyLocal.clientId }), /code=/)
    })

    it('is not answered by a session of an earlier release, which does not say how it was made', async () => {
      const { poolId, authorize, begin } = await given()
      for (const way of ['local', 'corp'] as const) {
        const browser = await begin(way)
        const [name = '', value = ''] = [...browser.cookies].find(([one]) => one.includes(poolId)) ?? []
        const { a: sessions, ...form } = JSON.parse(String(secrets.open('domain-session', value, poolId)))
        const earlier = sessions.map(({ b: _providerName, ...session }: { b?: string }) => session)
        browser.cookies.set(name, secrets.seal('domain-session', JSON.stringify({ ...form, a: earlier }), poolId))
        assert.ok((await authorize(browser, { identity_provider: 'Corp' })).startsWith(toProvider))
        assert.match(await authorize(browser, { identity_provider: 'COGNITO' }), /^\/login\?/)
        assert.match(await authorize(browser), /code=/)
      }
    })

    it('keeps five sessions by long names of providers within the size of a cookie', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const UserPoolId = poolId
      const names = ['A', 'B', 'C', 'D', 'E'].map((letter) => letter.repeat(32))
      for (const name of names) await addProvider(server(), provider, { poolId, clientId, name })
      const Providers = { [names[4] ?? '']: { SignOutAtProvider: true } }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId, Federation: { Providers } })
      const browser = new TestBrowser(server())
      for (const identity_provider of names) {
        const request = { client_id: clientId, redirect_uri: callback, response_type: 'code', identity_provider, prompt: 'login' }
        await signInByProvider(server(), request, 'ana', browser)
      }
      const [name, value] = [...browser.cookies].find(([one]) => one.includes(UserPoolId)) ?? ['', '']
      assert.ok(value.length > 0)
      assert.ok(name.length + value.length < 3900, `${name.length + value.length}`)
    })
  })
}
