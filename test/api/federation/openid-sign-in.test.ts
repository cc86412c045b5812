import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { AdminListGroupsForUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import {
  appRequest,
  givenFederatedPool,
  providerClient,
  readUser,
  signInByProvider,
  tokensFor,
  usernamesIn,
} from '../../support/federation.ts'
import { encode } from '../../support/oauth.ts'
import { errorIn, runOpenIdProvider, signInAtProvider } from '../../support/openid-provider.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { locationOf, paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const ana = { sub: 'ana', email: 'ana@corp.test', email_verified: true, name: 'Ana', department: 'Sales' }

for (const engine of engines) {
  describe(`Sign-in by an OpenID Connect provider on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const provider = await runOpenIdProvider()
    before(() => provider.open({ clients: [providerClient(server())], accounts: [ana] }))

    it('creates the user at the first sign-in, and signs the same user in later', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const first = await tokensFor(server(), clientId, await signInByProvider(server(), appRequest(clientId), 'ana'))
      assert.equal(first.claims['cognito:username'], 'Corp_ana')
      assert.equal(first.claims['email'], 'ana@corp.test')
      assert.deepEqual(first.claims['cognito:groups'], [`${poolId}_Corp`])
      const { status, attributes } = await readUser(server(), poolId, 'Corp_ana')
      assert.equal(status, 'EXTERNAL_PROVIDER')
      assert.equal(attributes['email_verified'], 'false')
      const [identity] = JSON.parse(attributes['identities'] ?? '[]')
      const { dateCreated: _date, ...rest } = identity
      assert.deepEqual(rest, { userId: 'ana', providerName: 'Corp', providerType: 'OIDC', issuer: provider.issuer, primary: true })
      const again = await tokensFor(server(), clientId, await signInByProvider(server(), appRequest(clientId), 'ana'))
      assert.equal(again.claims['sub'], first.claims['sub'])
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ana'])
      const groups = await server().send(new AdminListGroupsForUserCommand({ UserPoolId: poolId, Username: 'Corp_ana' }))
      assert.deepEqual(
        groups.Groups?.map(({ GroupName }) => GroupName),
        [`${poolId}_Corp`],
      )
    })

    it('runs the triggers of a first and of a later sign-in', async () => {
      const triggers = endpoint.given({
        InboundFederation: agree,
        PreSignUp: agree,
        PostConfirmation: agree,
        PreAuthentication: agree,
        PostAuthentication: agree,
        PreTokenGeneration: agree,
      })
      const pool = { LambdaConfig: triggers.lambdaConfig }
      const { clientId } = await givenFederatedPool(server(), provider, { pool })
      const sign = async () => tokensFor(server(), clientId, await signInByProvider(server(), appRequest(clientId), 'ana'))
      await sign()
      assert.deepEqual(triggers.fired, [
        'InboundFederation_ExternalProvider',
        'PreSignUp_ExternalProvider',
        'PostConfirmation_ConfirmSignUp',
        'TokenGeneration_HostedAuth',
      ])
      const [inbound, preSignUp] = triggers.events
      assert.equal(inbound?.request.providerName, 'Corp')
      assert.equal(inbound?.request.attributes.idToken.sub, 'ana')
      assert.equal(preSignUp?.userName, 'Corp_ana')
      assert.equal(preSignUp?.request.userAttributes.email, 'ana@corp.test')
      triggers.clear()
      await sign()
      assert.deepEqual(triggers.fired, [
        'InboundFederation_ExternalProvider',
        'PreAuthentication_Authentication',
        'PostAuthentication_Authentication',
        'TokenGeneration_HostedAuth',
      ])
      assert.deepEqual(await server().inbox('ana@corp.test'), [])
    })

    it('maps what InboundFederation returns in place of the claims', async () => {
      const triggers = endpoint.given({
        InboundFederation: (event) => ({ ...event, response: { userAttributesToMap: { email: 'other@corp.test' } } }),
      })
      const pool = { LambdaConfig: triggers.lambdaConfig }
      const { poolId, clientId } = await givenFederatedPool(server(), provider, { pool })
      await signInByProvider(server(), appRequest(clientId), 'ana')
      const { attributes } = await readUser(server(), poolId, 'Corp_ana')
      assert.equal(attributes['email'], 'other@corp.test')
      assert.equal(attributes['name'], undefined)
    })

    it('updates mapped attributes, and keeps those whose claim is missing', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await provider.setAccounts({ ...ana, sub: 'bea', email: 'bea@corp.test', name: 'Bea' })
      await signInByProvider(server(), appRequest(clientId), 'bea')
      await provider.setAccounts({ sub: 'bea', email: 'bea@new.test' })
      await signInByProvider(server(), appRequest(clientId), 'bea')
      const { attributes } = await readUser(server(), poolId, 'Corp_bea')
      assert.equal(attributes['email'], 'bea@new.test')
      assert.equal(attributes['name'], 'Bea')
    })

    it('leaves the answer to the browser that began, once, within five minutes', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      const browser = new TestBrowser(server())
      const toProvider = locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId))}`))
      const back = await signInAtProvider(toProvider, 'ana')
      const answer = back.pathname + back.search
      const lost = '/error?error=invalid_request'
      assert.equal(locationOf(await new TestBrowser(server()).visit(answer)), lost)
      assert.match(locationOf(await browser.visit(answer)), /^https:\/\/app\.test\/callback\?code=/)
      assert.equal(locationOf(await browser.visit(answer)), lost)

      const late = locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId, { prompt: 'login' }))}`))
      const lateBack = await signInAtProvider(late, 'ana')
      server().clock.advance(5 * 60_000)
      assert.equal(locationOf(await browser.visit(lateBack.pathname + lateBack.search)), lost)
    })

    it('tells the app that the user declined', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const browser = new TestBrowser(server())
      const toProvider = locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId))}`))
      const back = await signInAtProvider(toProvider, 'ana', { decline: true })
      const location = locationOf(await browser.visit(back.pathname + back.search))
      assert.deepEqual(errorIn(location), { error: 'access_denied', description: 'The user said no.' })
      assert.equal(paramsIn(location).get('state'), 's')
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })

    it('offers the provider on the sign-in page, and goes there at once where it is the only way', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      const page = await new TestBrowser(server()).visit(`/login?${encode(appRequest(clientId, { identity_provider: undefined }))}`)
      assert.match(page.text, /href="\/oauth2\/authorize\?[^"]*identity_provider=Corp"[^>]*>Continue with Corp</)
      const only = await givenFederatedPool(server(), provider, { client: { SupportedIdentityProviders: ['Corp'] } })
      const request = encode(appRequest(only.clientId, { identity_provider: undefined }))
      assert.ok(locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${request}`)).startsWith(`${provider.issuer}/auth?`))
    })

    it('finds the provider by an identifier, and refuses one that the client does not offer', async () => {
      const { clientId } = await givenFederatedPool(server(), provider, { more: { IdpIdentifiers: ['corp.test'] } })
      const byIdentifier = appRequest(clientId, { identity_provider: undefined, idp_identifier: 'corp.test' })
      const location = locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${encode(byIdentifier)}`))
      assert.ok(location.startsWith(`${provider.issuer}/auth?`))
      for (const wrong of [{ identity_provider: 'Other' }, { identity_provider: undefined, idp_identifier: 'other.test' }]) {
        const refused = locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${encode(appRequest(clientId, wrong))}`))
        assert.equal(errorIn(refused).error, 'invalid_request')
      }
    })

    it('passes PKCE and the login hint on, and a nonce of its own', async () => {
      const { clientId } = await givenFederatedPool(server(), provider)
      const request = appRequest(clientId, { nonce: 'n-1', login_hint: 'ana', prompt: 'select_account' })
      const location = new URL(locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${encode(request)}`)))
      const { searchParams } = location
      assert.match(searchParams.get('nonce') ?? '', /^[\w-]{43}$/)
      assert.equal(searchParams.get('login_hint'), 'ana')
      assert.equal(searchParams.get('prompt'), 'select_account')
      assert.equal(searchParams.get('code_challenge_method'), 'S256')
      assert.equal(searchParams.get('redirect_uri'), `${server().url}/oauth2/idpresponse`)
      assert.notEqual(searchParams.get('state'), 's')
    })
  })
}
