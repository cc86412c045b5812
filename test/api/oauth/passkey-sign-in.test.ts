import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDisableUserCommand, AdminSetUserPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { respond } from '../../support/mfa.ts'
import { callback, codeClient, encode, givenClient, givenOAuthPool, type Reply } from '../../support/oauth.ts'
import { registerPasskey, setWebAuthn, withPasskeys } from '../../support/passkeys.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import type { RequestOptions } from '../../support/software-authenticator.ts'
import { formActionIn, hiddenFieldsIn, locationOf, passkeyOptionsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const requestOf = (clientId: string) => encode({ client_id: clientId, redirect_uri: callback, response_type: 'code' })

for (const engine of engines) {
  describe(`A sign-in by a passkey that names its user on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function givenPool() {
      const given = await givenOAuthPool(server(), { pool: withPasskeys.pool, client: withPasskeys.client })
      await setWebAuthn(server(), given.poolId, { RelyingPartyId: 'example.test' })
      return given
    }
    async function givenPasskey({ poolId, clientId }: { poolId: string; clientId: string }, username: string) {
      const { sub } = await givenUser(server(), poolId, username)
      const passkey = await registerPasskey(server(), (await givenTokens(server(), clientId, username)).accessToken)
      return { sub, passkey, userHandle: Buffer.from(sub).toString('base64url') }
    }
    async function open(clientId: string) {
      const browser = new TestBrowser(server())
      const page = await browser.visit(`/login?${requestOf(clientId)}`)
      return { browser, page, options: passkeyOptionsIn(page) as RequestOptions }
    }
    const send = (browser: TestBrowser, page: Reply, credential: object) =>
      browser.submit(formActionIn(page), { ...hiddenFieldsIn(page), credential: JSON.stringify(credential) })

    it('calls PostAuthentication once for an answer that comes twice', async () => {
      const triggers = endpoint.given({ PostAuthentication: agree })
      const { poolId, clientId } = await givenOAuthPool(server(), {
        pool: { ...withPasskeys.pool, LambdaConfig: triggers.lambdaConfig },
        client: withPasskeys.client,
      })
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test' })
      const { sub } = await givenUser(server(), poolId, 'ana')
      const passkey = await registerPasskey(server(), (await givenTokens(server(), clientId, 'ana')).accessToken, { counts: false })
      triggers.clear()
      const { browser, page, options } = await open(clientId)
      const credential = passkey.use(options, { userHandle: Buffer.from(sub).toString('base64url') })
      assert.match(locationOf(await send(browser, page, credential)), /\?code=/)
      assert.equal((await send(browser, page, credential)).status, 400)
      assert.deepEqual(triggers.fired, ['PostAuthentication_Authentication'])
    })

    it('signs in once with each offer', async () => {
      const pool = await givenPool()
      const { passkey, userHandle } = await givenPasskey(pool, 'ana')
      const { browser, page, options } = await open(pool.clientId)
      assert.deepEqual([options.allowCredentials, options.userVerification, options.rpId], [[], 'required', 'example.test'])
      assert.match(locationOf(await send(browser, page, passkey.use(options, { userHandle }))), /\?code=/)
      const again = await send(browser, page, passkey.use(options, { userHandle }))
      assert.equal(again.status, 400)
    })

    it('refuses forged, foreign, unverified and expired answers', async () => {
      const pool = await givenPool()
      const other = await givenPool()
      const second = await givenClient(server(), pool.poolId, { ...codeClient, ...withPasskeys.client })
      const ana = await givenPasskey(pool, 'ana')
      const ben = await givenPasskey(pool, 'ben')
      const eve = await givenPasskey(other, 'eve')
      const { browser, page, options } = await open(pool.clientId)
      const foreign = await open(second.clientId)
      const refused = [
        ana.passkey.use(options, { userHandle: ben.userHandle }),
        ben.passkey.use(options, { userHandle: ana.userHandle, id: ana.passkey.id }),
        ana.passkey.use(options, { userHandle: undefined }),
        ana.passkey.use(options, { userHandle: Buffer.from('a\0b').toString('base64url') }),
        eve.passkey.use(options, { userHandle: eve.userHandle }),
        ana.passkey.use(foreign.options, { userHandle: ana.userHandle }),
        {},
      ]
      for (const [index, credential] of refused.entries()) {
        const answer = await send(browser, page, credential)
        assert.deepEqual([answer.status, answer.headers.get('location')], [400, null], String(index))
      }
      const swapped = { ...hiddenFieldsIn(page), passkey_session: hiddenFieldsIn(foreign.page)['passkey_session'] ?? '' }
      const credential = JSON.stringify(ana.passkey.use(foreign.options, { userHandle: ana.userHandle }))
      assert.equal((await browser.submit(formActionIn(page), { ...swapped, credential })).status, 400)
      await server().send(new AdminDisableUserCommand({ UserPoolId: pool.poolId, Username: 'ben' }))
      assert.equal((await send(browser, page, ben.passkey.use(options, { userHandle: ben.userHandle }))).status, 400)
      server().clock.advance(4 * 60_000)
      assert.equal((await send(browser, page, ana.passkey.use(options, { userHandle: ana.userHandle }))).status, 400)
    })

    it('lets only a user add a passkey who has signed in just now, and whose password is still the same', async () => {
      const { poolId, clientId } = await givenOAuthPool(server(), { pool: withPasskeys.pool })
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test' })
      await givenUser(server(), poolId, 'ana')
      const browser = new TestBrowser(server())
      const path = `/passkeys/add?${requestOf(clientId)}`
      const signIn = async () => browser.visit(locationOf(await browser.submitLogin(locationOf(await browser.visit(path)), 'ana')))
      assert.equal((await signIn()).status, 200)
      server().clock.advance(6 * 60_000)
      assert.match(locationOf(await browser.visit(path)), /^\/login\?/)
      const page = await signIn()
      const Password = 'Better-horse-8'
      await server().send(new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password, Permanent: true }))
      assert.match(locationOf(await browser.visit(path)), /^\/login\?/)
      assert.match(locationOf(await browser.submit(path, { ...hiddenFieldsIn(page), credential: '{}' })), /^\/login\?/)
    })

    it('does not let the API take the offer of a page', async () => {
      const pool = await givenPool()
      const { passkey, userHandle } = await givenPasskey(pool, 'ana')
      const { page, options } = await open(pool.clientId)
      const CREDENTIAL = JSON.stringify(passkey.use(options, { userHandle }))
      const session = hiddenFieldsIn(page)['passkey_session']
      const answer = respond(server(), pool.clientId, 'WEB_AUTHN', session, { USERNAME: 'ana', CREDENTIAL })
      await assert.rejects(answer, { name: 'NotAuthorizedException' })
    })
  })
}
