import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { encode, givenOAuthPool, requestToken } from '../../support/oauth.ts'
import { givenUser } from '../../support/sign-in.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const CallbackURLs = ['https://*.preview.example.test/callback', 'https://*.test/callback', 'https://app.example.test/*']

for (const engine of engines) {
  describe(`A callback URL with a wildcard label on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenClient(isNonProduction: boolean) {
      const { poolId, clientId } = await givenOAuthPool(server(), { client: { CallbackURLs } })
      const OAuth = isNonProduction ? { NonProductionClientIds: [clientId] } : {}
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, OAuth })
      await givenUser(server(), poolId, 'ana')
      return clientId
    }
    const visit = async (clientId: string, redirect_uri: string) => {
      const query = encode({ client_id: clientId, redirect_uri, response_type: 'code' })
      const { headers } = await new TestBrowser(server()).visit(`/oauth2/authorize?${query}`)
      return headers.get('location') ?? ''
    }

    it('covers one label of a client that the pool marks as non-production', async () => {
      const clientId = await givenClient(true)
      const redirect_uri = 'https://pr-12.preview.example.test/callback'
      const request = { client_id: clientId, redirect_uri, response_type: 'code' }
      const back = await new TestBrowser(server()).signIn(request, 'ana')
      assert.equal(back.origin + back.pathname, redirect_uri)
      const form = { grant_type: 'authorization_code', client_id: clientId, code: back.searchParams.get('code') ?? '' }
      const other = 'https://pr-13.preview.example.test/callback'
      assert.equal((await requestToken(server(), { ...form, redirect_uri: other })).status, 400)
    })

    it('covers nothing for other clients', async () => {
      const clientId = await givenClient(false)
      assert.match(await visit(clientId, 'https://pr-12.preview.example.test/callback'), /^\/error\?error=redirect_mismatch/)
    })

    it('covers nothing else', async () => {
      const clientId = await givenClient(true)
      const refused = [
        'https://preview.example.test/callback',
        'https://a.b.preview.example.test/callback',
        'https://.preview.example.test/callback',
        'https://-.preview.example.test/callback',
        'https://evil.test/x.preview.example.test/callback',
        'https://evil.test/callback',
        'https://evil.test?x.preview.example.test/callback',
        'https://evil.test#.preview.example.test/callback',
        'https://a@b.preview.example.test/callback',
        'https://pr%2D12.preview.example.test/callback',
        'http://pr-12.preview.example.test/callback',
        'https://PR-12.preview.example.test/callback',
        'https://pr-12.preview.example.test/callback/',
        'https://pr-12.preview.example.test:8443/callback',
        'https://app.example.test/anything',
      ]
      for (const uri of refused) assert.match(await visit(clientId, uri), /^\/error\?error=redirect_mismatch/, uri)
    })
  })
}
