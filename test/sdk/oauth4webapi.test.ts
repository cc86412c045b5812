import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as oauth from 'oauth4webapi'
import { decideOn, givenDevicePool } from '../support/device-grant.ts'
import { engines } from '../support/engines.ts'
import { callback, encode, givenOAuthPool } from '../support/oauth.ts'
import { givenUser } from '../support/sign-in.ts'
import { TestBrowser } from '../support/test-browser.ts'
import { useTestServer } from '../support/test-server.ts'

const insecure = { [oauth.allowInsecureRequests]: true }

for (const engine of engines) {
  describe(`oauth4webapi on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('checks every answer of a sign-in by code, with PKCE, nonce, state, refresh and revocation', async () => {
      const { poolId, clientId, secret } = await givenOAuthPool(server(), { client: { GenerateSecret: true } })
      const { sub } = await givenUser(server(), poolId, 'ana')
      const issuer = new URL(`${server().url}/${poolId}`)
      const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure }))
      const client: oauth.Client = { client_id: clientId }
      const authentication = oauth.ClientSecretPost(secret)

      const verifier = oauth.generateRandomCodeVerifier()
      const [nonce, state] = [oauth.generateRandomNonce(), oauth.generateRandomState()]
      const request = {
        client_id: clientId,
        redirect_uri: callback,
        response_type: 'code',
        scope: 'openid',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        nonce,
        state,
      }
      const back = await new TestBrowser(server()).signIn(request, 'ana')
      const checked = oauth.validateAuthResponse(as, client, back, state)
      const answer = await oauth.authorizationCodeGrantRequest(as, client, authentication, checked, callback, verifier, { ...insecure })
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true })
      await oauth.validateApplicationLevelSignature(as, answer, { ...insecure })
      assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, sub)

      const info = await oauth.userInfoRequest(as, client, tokens.access_token, { ...insecure })
      assert.equal((await oauth.processUserInfoResponse(as, client, sub, info))['username'], 'ana')
      const refreshToken = tokens.refresh_token ?? ''
      const renewal = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshToken, { ...insecure })
      assert.equal(oauth.getValidatedIdTokenClaims(await oauth.processRefreshTokenResponse(as, client, renewal))?.sub, sub)
      const revocation = await oauth.revocationRequest(as, client, authentication, refreshToken, { ...insecure })
      assert.equal(await oauth.processRevocationResponse(revocation), undefined)
      const refused = await oauth.userInfoRequest(as, client, tokens.access_token, { ...insecure })
      await assert.rejects(oauth.processUserInfoResponse(as, client, sub, refused), (error: oauth.WWWAuthenticateChallengeError) => {
        assert.deepEqual(error.cause[0]?.parameters.error, 'invalid_token')
        return error.status === 401
      })
    })

    it('recognizes the errors of the authorization endpoint', async () => {
      const { poolId, clientId } = await givenOAuthPool(server())
      const issuer = new URL(`${server().url}/${poolId}`)
      const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure }))
      const query = encode({ client_id: clientId, redirect_uri: callback, response_type: 'code', scope: 'nothing', state: 's' })
      const { headers } = await new TestBrowser(server()).visit(`/oauth2/authorize?${query}`)
      const back = new URL(headers.get('location') ?? '')
      assert.throws(() => oauth.validateAuthResponse(as, { client_id: clientId }, back, 's'), { error: 'invalid_scope' })
    })

    it('checks every answer of the device grant, with the errors before the decision, and a bound token', async () => {
      const { poolId, clientId } = await givenDevicePool(server())
      const issuer = new URL(`${server().url}/${poolId}`)
      const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...insecure }))
      const client: oauth.Client = { client_id: clientId }
      const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
      const asked = await oauth.deviceAuthorizationRequest(as, client, oauth.None(), { scope: 'openid' }, { ...insecure })
      const device = await oauth.processDeviceAuthorizationResponse(as, client, asked)
      const poll = async () => {
        const request = oauth.deviceCodeGrantRequest(as, client, oauth.None(), device.device_code, { ...insecure, DPoP })
        return oauth.processDeviceCodeResponse(as, client, await request)
      }
      const refused = (error: string) => (thrown: oauth.ResponseBodyError) => thrown.error === error && thrown.status === 400
      await assert.rejects(poll(), refused('authorization_pending'))
      await assert.rejects(poll(), refused('slow_down'))
      const { pathname, search } = new URL(device.verification_uri)
      const typed = { clientId, deviceCode: device.device_code, userCode: device.user_code, page: pathname + search, completePage: '' }
      await decideOn(new TestBrowser(server()), typed, 'allow')
      const tokens = await poll()
      assert.equal(tokens.token_type, 'dpop')
      assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.['cognito:username'], 'ana')
      await assert.rejects(poll(), refused('invalid_grant'))
    })
  })
}
