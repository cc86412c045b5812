import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as oauth from 'oauth4webapi'
import * as oidc from 'openid-client'
import { givenInitialAccessToken, givenRegistrationPool, openMode } from '../support/client-registration.ts'
import { engines } from '../support/engines.ts'
import { noteSecrets } from '../support/evidence.ts'
import { callback } from '../support/oauth.ts'
import { discover } from '../support/strict.ts'
import { locationOf, TestBrowser } from '../support/test-browser.ts'
import { useTestServer } from '../support/test-server.ts'

const pathOf = ({ pathname, search }: URL): string => `${pathname}${search}`

for (const engine of engines) {
  describe(`Client libraries that register an app client on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('sign a user in by oauth4webapi, with an initial access token and a secret', async () => {
      const { poolId } = await givenRegistrationPool(server(), { Mode: 'INITIAL_ACCESS_TOKEN' })
      const { token: initialAccessToken } = await givenInitialAccessToken(server(), poolId)
      const { as, options } = await discover(server(), poolId)
      const metadata = { redirect_uris: [callback], client_name: 'App', scope: 'openid email' }
      const answer = await oauth.dynamicClientRegistrationRequest(as, metadata, { ...options, initialAccessToken })
      const client = await oauth.processDynamicClientRegistrationResponse(answer)
      noteSecrets(client)
      const authentication = oauth.ClientSecretBasic(String(client.client_secret))
      const verifier = oauth.generateRandomCodeVerifier()
      const request = {
        client_id: client.client_id,
        redirect_uri: callback,
        response_type: 'code',
        scope: 'openid email',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }
      const back = await new TestBrowser(server()).signIn(request, 'ana')
      const parameters = oauth.validateAuthResponse(as, client, back)
      const granted = await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, callback, verifier, options)
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, granted, { requireIdToken: true })
      const sub = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? ''
      const info = await oauth.userInfoRequest(as, client, tokens.access_token, options)
      assert.equal((await oauth.processUserInfoResponse(as, client, sub, info))['username'], 'ana')
      const renewal = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token ?? '', options)
      assert.equal((await oauth.processRefreshTokenResponse(as, client, renewal)).token_type, 'bearer')
      const again = await oauth.dynamicClientRegistrationRequest(as, metadata, { ...options, initialAccessToken })
      await assert.rejects(oauth.processDynamicClientRegistrationResponse(again), (error: oauth.WWWAuthenticateChallengeError) => {
        assert.equal(error.cause[0]?.parameters.error, 'invalid_token')
        return error.status === 401
      })
    })

    it('sign a user in by openid-client, openly and without a secret', async () => {
      const { poolId } = await givenRegistrationPool(server(), openMode)
      const config = await oidc.dynamicClientRegistration(
        new URL(`${server().url}/${poolId}`),
        { redirect_uris: [callback], token_endpoint_auth_method: 'none', client_name: 'App' },
        oidc.None(),
        { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
      )
      noteSecrets(config.clientMetadata())
      const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
      const address = oidc.buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope: 'openid',
        code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      })
      const browser = new TestBrowser(server())
      const back = new URL(locationOf(await browser.submitLogin(locationOf(await browser.visit(pathOf(address))), 'ana')))
      const tokens = await oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier, idTokenExpected: true })
      const info = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '')
      assert.equal(info['username'], 'ana')
      assert.equal((await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '')).token_type, 'bearer')
    })
  })
}
