import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import {
  basic,
  callback,
  codeClient,
  encode,
  givenClient,
  givenOAuthPool,
  givenResourceServer,
  machineClient,
  requestToken,
} from '../../support/oauth.ts'
import { claimsOf, givenUser, goodPassword } from '../../support/sign-in.ts'
import { agree, refuse } from '../../support/sign-in-triggers.ts'
import { locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { type GivenTriggers, openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const all = {
  PreSignUp: agree,
  PostConfirmation: agree,
  CustomMessage: agree,
  PreAuthentication: agree,
  PostAuthentication: agree,
  PreTokenGeneration: agree,
}

for (const engine of engines) {
  describe(`The triggers of the hosted flow on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function givenAna(triggers: GivenTriggers, client = {}) {
      const given = await givenOAuthPool(server(), { pool: { LambdaConfig: triggers.lambdaConfig }, client })
      await givenUser(server(), given.poolId, 'ana')
      triggers.clear()
      return given
    }
    const requestOf = (clientId: string, more = {}) => ({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: callback,
      scope: 'openid https://api.test/read',
      ...more,
    })
    const scopes = { AllowedOAuthScopes: ['openid', 'https://api.test/read'] }
    const redeem = (clientId: string, code: string | null) =>
      requestToken(server(), { grant_type: 'authorization_code', client_id: clientId, redirect_uri: callback, code: code ?? '' })

    it('calls those of a sign-in at the sign-in, and PreTokenGeneration when tokens are issued', async () => {
      const triggers = endpoint.given(all, { version: 'V2_0' })
      const { clientId } = await givenAna(triggers, scopes)
      const browser = new TestBrowser(server())
      const back = await browser.signIn(requestOf(clientId), 'ana')
      assert.deepEqual(triggers.fired, ['PreAuthentication_Authentication', 'PostAuthentication_Authentication'])
      triggers.clear()
      const { body } = await redeem(clientId, back.searchParams.get('code'))
      assert.deepEqual(triggers.fired, ['TokenGeneration_HostedAuth'])
      assert.deepEqual(triggers.events[0]?.request.scopes, ['openid', 'https://api.test/read'])
      triggers.clear()
      await requestToken(server(), { grant_type: 'refresh_token', client_id: clientId, refresh_token: String(body['refresh_token']) })
      assert.deepEqual(triggers.fired, ['TokenGeneration_RefreshTokens'])
      assert.deepEqual(triggers.events[0]?.request.scopes, ['openid', 'https://api.test/read'])
      triggers.clear()
      const silent = paramsIn(locationOf(await browser.visit(`/oauth2/authorize?${encode(requestOf(clientId))}`)))
      assert.deepEqual(triggers.fired, [])
      await redeem(clientId, silent.get('code'))
      assert.deepEqual(triggers.fired, ['TokenGeneration_HostedAuth'])
    })

    it('changes the scopes of the access token as PreTokenGeneration says', async () => {
      const accessTokenGeneration = { scopesToAdd: ['extra'], scopesToSuppress: ['https://api.test/read'] }
      const triggers = endpoint.given(
        { PreTokenGeneration: (event) => ({ ...event, response: { claimsAndScopeOverrideDetails: { accessTokenGeneration } } }) },
        { version: 'V2_0' },
      )
      const { clientId } = await givenAna(triggers, scopes)
      const { body } = await redeem(clientId, (await new TestBrowser(server()).signIn(requestOf(clientId), 'ana')).searchParams.get('code'))
      assert.equal(claimsOf(String(body['access_token']))['scope'], 'openid extra')
    })

    it('answers the refusal of PreTokenGeneration where the tokens are asked for, and keeps the code', async () => {
      let isRefusing = true
      const triggers = endpoint.given({ PreTokenGeneration: (event) => (isRefusing ? refuse() : agree(event)) })
      const { poolId, clientId } = await givenAna(triggers, scopes)
      const code = (await new TestBrowser(server()).signIn(requestOf(clientId), 'ana')).searchParams.get('code')
      const error_description = 'PreTokenGeneration failed with error not today.'
      const refused = await redeem(clientId, code)
      assert.deepEqual([refused.status, refused.body], [400, { error: 'invalid_request', error_description }])
      isRefusing = false
      assert.equal((await redeem(clientId, code)).status, 200)
      isRefusing = true
      const implicit = await givenClient(server(), poolId, { ...codeClient, AllowedOAuthFlows: ['implicit'] })
      const back = await new TestBrowser(server()).signIn(
        { ...requestOf(implicit.clientId), response_type: 'token', scope: 'openid', state: 's' },
        'ana',
      )
      assert.equal(`${back}`, `${callback}#${encode({ error_description, state: 's', error: 'invalid_request' })}`)
    })

    it('shows the refusal of PreAuthentication and PostAuthentication above the form', async () => {
      for (const trigger of ['PreAuthentication', 'PostAuthentication'] as const) {
        const triggers = endpoint.given({ [trigger]: refuse })
        const { clientId } = await givenAna(triggers, scopes)
        const page = await new TestBrowser(server()).submitLogin(`/login?${encode(requestOf(clientId))}`, 'ana')
        assert.equal(page.status, 400)
        assert.ok(page.text.includes(`${trigger} failed with error not today.`))
        assert.equal(page.headers.get('location'), null)
      }
    })

    it('migrates an unknown user at the sign-in page', async () => {
      const userAttributes = { email: 'neo@example.test', email_verified: 'true' }
      const response = { userAttributes, finalUserStatus: 'CONFIRMED', messageAction: 'SUPPRESS' }
      const triggers = endpoint.given({ UserMigration: (event) => ({ ...event, response: { ...event.response, ...response } }) })
      const { clientId } = await givenAna(triggers, scopes)
      const back = await new TestBrowser(server()).signIn(requestOf(clientId), 'neo')
      assert.ok(back.searchParams.has('code'))
      assert.deepEqual(triggers.fired, ['UserMigration_Authentication'])
      assert.equal(triggers.events[0]?.request.password, goodPassword)
    })

    it('passes aws_client_metadata to PreTokenGeneration of version 3 only', async () => {
      for (const version of ['V2_0', 'V3_0'] as const) {
        const triggers = endpoint.given({ PreTokenGeneration: agree }, { version })
        const { poolId } = await server().givenPool({ pool: { LambdaConfig: triggers.lambdaConfig } })
        await givenResourceServer(server(), poolId)
        const { clientId, secret } = await givenClient(server(), poolId, machineClient)
        const form = { grant_type: 'client_credentials', aws_client_metadata: JSON.stringify({ tenant: 'a&b' }) }
        assert.equal((await requestToken(server(), form, basic(clientId, secret))).status, 200)
        assert.deepEqual(triggers.fired, version === 'V3_0' ? ['TokenGeneration_ClientCredentials'] : [])
        if (version === 'V3_0') assert.deepEqual(triggers.events[0]?.request.clientMetadata, { tenant: 'a&b' })
      }
    })
  })
}
