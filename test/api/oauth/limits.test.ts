import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminDeleteUserCommand, GetTokensFromRefreshTokenCommand } from '@aws-sdk/client-cognito-identity-provider'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { engines } from '../../support/engines.ts'
import { basic, callback, encode, givenClient, givenOAuthPool, machineClient, requestToken } from '../../support/oauth.ts'
import { givenUser } from '../../support/sign-in.ts'
import { locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { startTestServer, useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`The limits of the OAuth endpoints on ${engine.name}`, () => {
    it('answer 429 past the rate of the API operation that does the same, and count no request of an unknown client', async () => {
      await using server = await startTestServer(engine, { flags: ['--rate-limits', '1'] })
      const { poolId } = await givenOAuthPool(server)
      const { clientId, secret } = await givenClient(server, poolId, machineClient)
      const grant = { grant_type: 'client_credentials' }
      const ask = (wrong = '') => requestToken(server, grant, basic(clientId, secret + wrong))
      for (let at = 0; at < 200; at++) assert.equal((await ask('x')).body['error'], 'invalid_client')
      const answers = []
      // The clock of the server stands still, so that no request is forgotten. The rate of ClientAuthentication is 150 a second.
      for (let at = 0; at < 170; at++) answers.push(await ask())
      const refused = answers.filter(({ status }) => status !== 200)
      assert.ok(refused.length >= 15 && refused.length <= 20, String(refused.length))
      const { status, body } = refused[0] ?? {}
      assert.deepEqual([status, body], [429, { error: 'temporarily_unavailable', error_description: 'Rate exceeded' }])
      server.clock.advance(1000)
      assert.equal((await ask()).status, 200)
    })

    it('count each page that may give a code as the operation that gives tokens, and other pages not', async () => {
      await using server = await startTestServer(engine, { flags: ['--rate-limits', '1'] })
      const { poolId, clientId } = await givenOAuthPool(server)
      await givenUser(server, poolId, 'ana')
      const query = { response_type: 'code', client_id: clientId, redirect_uri: callback }
      const browser = new TestBrowser(server)
      await browser.signIn(query, 'ana')
      const visit = (path: string) => browser.visit(`${path}?${encode(query)}`)
      for (const path of ['/oauth2/authorize', '/challenge', '/confirm', '/confirmForgotPassword']) {
        server.clock.advance(2000)
        assert.ok(paramsIn(locationOf(await visit(path))).get('code'), path)
        const statuses = []
        // The rate of UserAuthentication is 120 a second, and an address within its share of 12 may borrow.
        for (let at = 1; at < 140; at++) statuses.push((await visit(path)).status)
        const refused = statuses.filter((status) => status === 429).length
        assert.ok(refused >= 5 && refused <= 20, `${path}: ${refused}`)
        assert.equal((await visit('/login')).status, 200)
        const request = { ClientId: clientId, RefreshToken: 'none' }
        await assert.rejects(server.send(new GetTokensFromRefreshTokenCommand(request)), { name: 'TooManyRequestsException' })
      }
    })
  })

  describe(`The codes of a deleted user on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are deleted with the user', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      await givenUser(server(), poolId, 'ana')
      const query = { response_type: 'code', client_id: clientId, redirect_uri: callback }
      const browser = new TestBrowser(server())
      await browser.signIn(query, 'ana')
      await browser.visit(`/oauth2/authorize?${encode(query)}`)
      const storage = await openStorage({ url: server().databaseUrl })
      const countCodes = async () => (await storage.db.selectFrom('authorization_code').select('id').execute()).length
      try {
        assert.equal(await countCodes(), 2)
        await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
        assert.equal(await countCodes(), 0)
      } finally {
        await storage.close()
      }
    })
  })
}
