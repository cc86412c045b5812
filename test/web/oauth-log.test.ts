import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openStorage } from '../../src/storage/open-storage.ts'
import { engines } from '../support/engines.ts'
import { recordingLogger } from '../support/functions.ts'
import { basic, callback, givenOAuthPool, post, requestToken, send } from '../support/oauth.ts'
import { givenUser, goodPassword } from '../support/sign-in.ts'
import { TestBrowser } from '../support/test-browser.ts'
import { startTestServer } from '../support/test-server.ts'

type Line = Readonly<Record<string, unknown>>

for (const engine of engines.slice(0, 1)) {
  describe('The log of the OAuth endpoints', () => {
    it('names the endpoint, the client, the pool and the outcome, and contains no secret', async () => {
      const { logger, lines } = recordingLogger()
      await using server = await startTestServer(engine, { logger })
      const { poolId, clientId, secret } = await givenOAuthPool(server, { client: { GenerateSecret: true } })
      await givenUser(server, poolId, 'ana')
      const request = { response_type: 'code', client_id: clientId, redirect_uri: callback, state: 'the-state', nonce: 'the-nonce' }
      const browser = new TestBrowser(server)
      const code = (await browser.signIn(request, 'ana')).searchParams.get('code') ?? ''
      const form = { grant_type: 'authorization_code', redirect_uri: callback, code }
      const { body } = await requestToken(server, form, basic(clientId, secret))
      const [access, refreshToken] = [String(body['access_token']), String(body['refresh_token'])]
      await requestToken(server, form, basic(clientId, secret))
      await requestToken(server, form, basic(clientId, `${secret}x`))
      await send(server, '/oauth2/userInfo', { headers: { authorization: `Bearer ${access}` } })
      await post(server, '/oauth2/revoke', { token: refreshToken }, basic(clientId, secret))

      const requests = lines.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'request')
      const factsOf = (operation: string) =>
        requests
          .filter((line) => line['operation'] === operation)
          .map(({ outcome, status, clientId, userPoolId }) => [outcome, status, clientId, userPoolId])
      assert.deepEqual(factsOf('POST /oauth2/token'), [
        ['ok', 200, clientId, poolId],
        ['invalid_grant', 400, clientId, poolId],
        ['invalid_client', 400, undefined, undefined],
      ])
      assert.deepEqual(factsOf('GET /oauth2/userInfo'), [['invalid_token', 401, undefined, undefined]])
      assert.deepEqual(factsOf('POST /oauth2/revoke'), [['ok', 200, clientId, poolId]])
      assert.deepEqual(factsOf('POST /login'), [['ok', 302, clientId, poolId]])
      const cookies = [...browser.cookies.values()]
      for (const text of [code, secret, access, refreshToken, goodPassword, 'the-state', 'the-nonce', ...cookies]) {
        assert.ok(!lines.some((line) => line.includes(text)), text)
      }
    })

    it('leaves no code in the database', async () => {
      await using server = await startTestServer(engine)
      const { poolId, clientId } = await givenOAuthPool(server)
      await givenUser(server, poolId, 'ana')
      const request = { response_type: 'code', client_id: clientId, redirect_uri: callback }
      const code = (await new TestBrowser(server).signIn(request, 'ana')).searchParams.get('code') ?? ''
      const storage = await openStorage({ url: server.databaseUrl })
      const rows = await storage.db.selectFrom('authorization_code').selectAll().execute()
      await storage.close()
      assert.equal(rows.length, 1)
      assert.ok(code !== '' && !JSON.stringify(rows).includes(code))
    })
  })
}
