import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  CreateIdentityProviderCommand,
  DescribeIdentityProviderCommand,
  ListIdentityProvidersCommand,
  UpdateIdentityProviderCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { useDocumentServer } from '../../support/document-server.ts'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, providerClient } from '../../support/federation.ts'
import { encode } from '../../support/oauth.ts'
import { runOpenIdProvider } from '../../support/openid-provider.ts'
import { givenSamlPool, serviceProviderOf } from '../../support/saml-pool.ts'
import { runSamlProvider } from '../../support/saml-provider.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

const hourMs = 3_600_000

const create = (server: TestServer, UserPoolId: string, type: 'OIDC' | 'SAML', ProviderDetails: Record<string, string>) =>
  server.send(new CreateIdentityProviderCommand({ UserPoolId, ProviderName: 'New', ProviderType: type, ProviderDetails }))

const shownDetails = async (server: TestServer, UserPoolId: string) =>
  (await server.send(new DescribeIdentityProviderCommand({ UserPoolId, ProviderName: 'Corp' }))).IdentityProvider?.ProviderDetails ?? {}

const oidcDetails = (oidc_issuer: string) => ({
  client_id: 'lifeguard',
  authorize_scopes: 'openid',
  attributes_request_method: 'GET',
  oidc_issuer,
})

const refused = (message: string | RegExp) => ({ name: 'InvalidParameterException', message })

/** What no MetadataFile may be, and what the error says of it. */
const wrongMetadata: readonly [string, RegExp][] = [
  ['not xml', /cannot be used: it is not readable XML/],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /document type/],
  ['<a/>', /it describes no identity provider/],
  ['<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSODescriptor/></EntityDescriptor>', /HTTP-Redirect/],
  [
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"><IDPSSODescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://x.test/"/>
    </IDPSSODescriptor></EntityDescriptor>`,
    /no certificate/,
  ],
]

for (const engine of engines) {
  describe(`The set-up of identity providers on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const documents = useDocumentServer()
    const openId = await runOpenIdProvider()
    const saml = await runSamlProvider()
    before(() => openId.open({ clients: [providerClient(server())], accounts: [] }))

    it('shows the addresses in the metadata of a SAML provider, from a file and from a URL', async () => {
      const expected = { SSORedirectBindingURI: `${saml.origin}/sso`, SLORedirectBindingURI: `${saml.origin}/slo` }
      const sources: Record<string, string>[] = [{}, { MetadataFile: '', MetadataURL: `${saml.origin}/metadata` }]
      for (const details of sources) {
        const { poolId } = await givenSamlPool(server(), saml, { details })
        const { SSORedirectBindingURI, SLORedirectBindingURI } = await shownDetails(server(), poolId)
        assert.deepEqual({ SSORedirectBindingURI, SLORedirectBindingURI }, expected)
      }
    })

    it('shows the endpoints that an OpenID Connect provider publishes, and follows it when they move', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), openId)
      const { issuer } = openId
      const shown = await shownDetails(server(), poolId)
      assert.deepEqual(
        [shown['authorize_url'], shown['token_url'], shown['attributes_url'], shown['jwks_uri']],
        [`${issuer}/auth`, `${issuer}/token`, `${issuer}/me`, `${issuer}/jwks`],
      )
      // A caller that sends back what it was shown does not fix the endpoints.
      const update = { UserPoolId: poolId, ProviderName: 'Corp', ProviderDetails: shown }
      const { IdentityProvider: updated } = await server().send(new UpdateIdentityProviderCommand(update))
      assert.deepEqual(updated?.ProviderDetails, shown)
      const clients = [providerClient(server())]
      await openId.open({ clients, accounts: [], configuration: { routes: { authorization: '/moved' } } })
      server().clock.advance(hourMs)
      const location = locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${encode(appRequest(clientId))}`))
      assert.ok(location.startsWith(`${issuer}/moved?`), location)
      await openId.open({ clients, accounts: [] })
    })

    it('keeps what was discovered when an update leaves the details out', async () => {
      const { poolId } = await givenFederatedPool(server(), openId)
      const before = await shownDetails(server(), poolId)
      const update = { UserPoolId: poolId, ProviderName: 'Corp', AttributeMapping: { email: 'mail' } }
      const { IdentityProvider: after } = await server().send(new UpdateIdentityProviderCommand(update))
      assert.deepEqual(after?.ProviderDetails, before)
    })

    for (const [MetadataFile, message] of wrongMetadata) {
      it(`refuses a MetadataFile such as ${MetadataFile.slice(0, 40)}`, async () => {
        const { poolId } = await server().givenPool()
        await assert.rejects(create(server(), poolId, 'SAML', { MetadataFile }), refused(message))
        assert.deepEqual((await server().send(new ListIdentityProvidersCommand({ UserPoolId: poolId }))).Providers, [])
      })
    }

    it('refuses a MetadataURL whose answer is no metadata, at creation and in an update', async () => {
      const { poolId } = await givenSamlPool(server(), saml)
      const before = await shownDetails(server(), poolId)
      const MetadataURL = `${documents.origin()}/metadata.xml`
      const update = new UpdateIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp', ProviderDetails: { MetadataURL } })
      documents.serve({ status: 404 })
      const notFound = refused(`Error retrieving metadata from ${MetadataURL}`)
      await assert.rejects(create(server(), poolId, 'SAML', { MetadataURL }), notFound)
      await assert.rejects(server().send(update), notFound)
      documents.serve({ text: '<html></html>' })
      await assert.rejects(server().send(update), refused(/describes no identity provider/))
      documents.serve({ text: ' '.repeat(600 * 1024) })
      await assert.rejects(create(server(), poolId, 'SAML', { MetadataURL }), { name: 'InvalidParameterException' })
      assert.deepEqual(await shownDetails(server(), poolId), before)
    })

    it('refuses an issuer that publishes nothing or is another, unless all endpoints are in the settings', async () => {
      const { poolId } = await server().givenPool()
      const issuer = documents.origin()
      const details = oidcDetails(issuer)
      documents.serve({ status: 404 })
      await assert.rejects(
        create(server(), poolId, 'OIDC', details),
        refused(/^Error retrieving the configuration from http:.*Correct oidc_issuer/),
      )
      documents.serve({ text: JSON.stringify({ issuer: 'https://other.test', authorization_endpoint: 'https://other.test/auth' }) })
      await assert.rejects(create(server(), poolId, 'OIDC', details), refused(/^Error retrieving the configuration from/))
      const endpoints = { authorize_url: `${issuer}/a`, token_url: `${issuer}/t`, jwks_uri: `${issuer}/k` }
      const { IdentityProvider: created } = await create(server(), poolId, 'OIDC', { ...details, ...endpoints })
      assert.deepEqual(created?.ProviderDetails, { ...details, ...endpoints, attributes_url_add_attributes: 'false' })
    })

    it('fetches nothing for a provider whose settings are refused anyway, or whose pool does not exist', async () => {
      documents.serve({ text: '' })
      const before = documents.requests()
      const MetadataURL = `${documents.origin()}/metadata.xml`
      const { poolId } = await server().givenPool()
      await assert.rejects(create(server(), poolId, 'SAML', { MetadataURL, IDPSignout: 'yes' }), { name: 'InvalidParameterException' })
      await assert.rejects(create(server(), 'us-east-1_nowhere', 'SAML', { MetadataURL }), { name: 'ResourceNotFoundException' })
      assert.equal(documents.requests(), before)
    })

    it('stores a provider that gives no answer yet, as `dev` does by default', async () => {
      const { poolId } = await server().givenPool()
      const { IdentityProvider: created } = await create(server(), poolId, 'SAML', { MetadataURL: 'http://127.0.0.1:1/metadata' })
      assert.deepEqual(created?.ProviderDetails, { MetadataURL: 'http://127.0.0.1:1/metadata' })
    })
  })

  describe(`The set-up of identity providers with --require-reachable-providers on ${engine.name}`, async () => {
    const server = useTestServer(engine, { flags: ['--require-reachable-providers'] })
    const saml = await runSamlProvider()

    it('refuses a provider that gives no answer', async () => {
      const { poolId } = await server().givenPool()
      for (const MetadataURL of ['http://127.0.0.1:1/metadata', 'https://169.254.169.254/metadata', 'https://10.0.0.1/metadata']) {
        const message = `Error retrieving metadata from ${MetadataURL}`
        await assert.rejects(create(server(), poolId, 'SAML', { MetadataURL }), refused(message))
      }
      const details = oidcDetails('http://127.0.0.1:1')
      await assert.rejects(
        create(server(), poolId, 'OIDC', details),
        refused(/^Error retrieving the configuration from http:\/\/127\.0\.0\.1:1\/\.well-known/),
      )
      await create(server(), poolId, 'SAML', {
        MetadataFile: await saml.open({ serviceProvider: serviceProviderOf(server(), poolId), accounts: {} }),
      })
    })
  })
}
