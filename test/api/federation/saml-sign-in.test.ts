import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateIdentityProviderCommand, GetSigningCertificateCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest, readUser, tokensFor, usernamesIn } from '../../support/federation.ts'
import { codeClient, encode, givenClient } from '../../support/oauth.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import type { SamlSetUp } from '../../support/saml-provider-process.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const mail = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress'
const accounts = { ana: { nameId: 'Ana-1', attributes: { [mail]: 'ana@corp.test', groups: ['Admin', 'R&D'] } } }

for (const engine of engines) {
  describe(`Sign-in by a SAML provider on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const provider = await runSamlProvider()

    type Given = { details?: Record<string, string>; pool?: object; setUp?: Partial<SamlSetUp>; client?: object }

    async function given({ details = {}, pool = {}, setUp = {}, client = {} }: Given = {}) {
      const { poolId } = await server().givenPool({
        pool: { Schema: [{ Name: 'groups', AttributeDataType: 'String', Mutable: true }], ...pool },
      })
      const open = (more: Partial<SamlSetUp> = {}) =>
        provider.open({ serviceProvider: serviceProvider(server(), poolId), accounts, ...setUp, ...more })
      await server().send(
        new CreateIdentityProviderCommand({
          UserPoolId: poolId,
          ProviderName: 'Corp',
          ProviderType: 'SAML',
          ProviderDetails: { MetadataFile: await open(), ...details },
          AttributeMapping: { email: mail, 'custom:groups': 'groups' },
        }),
      )
      const offered = { ...codeClient, SupportedIdentityProviders: ['Corp'], ...client }
      const { clientId } = await givenClient(server(), poolId, offered)
      return { poolId, clientId, open }
    }

    async function begin(clientId: string, browser = new TestBrowser(server())) {
      return { browser, toProvider: locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId))}`)) }
    }

    /** Sends the form of the provider, and returns where the browser is sent in the end. */
    async function answer(browser: TestBrowser, form: { SAMLResponse: string; RelayState: string }): Promise<string> {
      const kept = await browser.submit('/saml2/idpresponse', form, { 'sec-fetch-site': 'cross-site' })
      if (kept.status !== 303) return locationOf(kept)
      return locationOf(await browser.visit(kept.headers.get('location') ?? ''))
    }

    async function signIn(clientId: string, login = 'ana') {
      const { browser, toProvider } = await begin(clientId)
      return answer(browser, await samlFormFor(toProvider, login))
    }

    it('creates the user at the first sign-in, and signs the same user in later', async () => {
      const { poolId, clientId } = await given()
      const first = await tokensFor(server(), clientId, await signIn(clientId))
      assert.equal(first.claims['cognito:username'], 'Corp_Ana-1')
      const { status, attributes } = await readUser(server(), poolId, 'Corp_Ana-1')
      assert.equal(status, 'EXTERNAL_PROVIDER')
      assert.equal(attributes['email'], 'ana@corp.test')
      assert.equal(attributes['custom:groups'], '[Admin,R%26D]')
      const [identity] = JSON.parse(attributes['identities'] ?? '[]')
      assert.equal(identity.issuer, `${provider.origin}/metadata`)
      const again = await tokensFor(server(), clientId, await signIn(clientId))
      assert.equal(again.claims['sub'], first.claims['sub'])
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_Ana-1'])
    })

    it('shows the attributes to InboundFederation', async () => {
      const triggers = endpoint.given({ InboundFederation: agree })
      const { clientId } = await given({ pool: { LambdaConfig: triggers.lambdaConfig } })
      await signIn(clientId)
      const [event] = triggers.events
      assert.equal(event?.request.providerType, 'SAML')
      assert.deepEqual(event?.request.attributes, { samlResponse: { [mail]: 'ana@corp.test', groups: '[Admin,R%26D]' } })
    })

    it('takes a signed response in place of a signed assertion, and metadata by URL', async () => {
      const { clientId } = await given({
        setUp: { signs: 'response' },
        details: { MetadataFile: '', MetadataURL: `${provider.origin}/metadata` },
      })
      assert.match(await signIn(clientId), /code=/)
    })

    it('signs its requests by the certificate of GetSigningCertificate', async () => {
      const { poolId, clientId, open } = await given({ details: { RequestSigningAlgorithm: 'rsa-sha256' } })
      const { Certificate } = await server().send(new GetSigningCertificateCommand({ UserPoolId: poolId }))
      await open({ serviceProvider: { ...serviceProvider(server(), poolId), signingCertificate: Certificate ?? '' } })
      const { browser, toProvider } = await begin(clientId)
      assert.ok(new URL(toProvider).searchParams.get('Signature'))
      assert.match(await answer(browser, await samlFormFor(toProvider, 'ana')), /code=/)
    })

    it('refuses an assertion that was not encrypted where it should be', async () => {
      const { clientId } = await given({ details: { EncryptedResponses: 'true' } })
      assert.equal(errorIn(await signIn(clientId)).description, 'Invalid SAML response received: the assertion is not encrypted')
    })

    it('takes an answer once, and only in the browser that began', async () => {
      const { clientId } = await given()
      const { browser, toProvider } = await begin(clientId)
      const form = await samlFormFor(toProvider, 'ana')
      const lost = '/error?error=invalid_request'
      assert.equal(await answer(new TestBrowser(server()), form), lost)
      assert.match(await answer(browser, form), /code=/)
      assert.equal(await answer(browser, form), lost)
    })

    it('takes a response that nobody asked for only where IDPInit allows it, and each assertion once', async () => {
      const { clientId } = await given({ details: { IDPInit: 'true' } })
      const RelayState = encode(appRequest(clientId))
      const form = { ...(await samlFormFor(`${provider.origin}/sso`, 'ana')), RelayState }
      const browser = new TestBrowser(server())
      assert.match(await answer(browser, form), /code=/)
      assert.deepEqual(errorIn(await answer(browser, form)).description, 'Invalid SAML response received: the assertion was used before')
      const forbidden = await given()
      const refused = { ...(await samlFormFor(`${provider.origin}/sso`, 'ana')), RelayState: encode(appRequest(forbidden.clientId)) }
      assert.equal(errorIn(await answer(browser, refused)).description, 'Invalid relayState from identity provider')
    })

    it('names the reason for a response that does not fit', async () => {
      const { poolId, clientId, open } = await given()
      const at = (ms: number) => new Date(Date.now() + ms).toISOString()
      const cases: [SamlSetUp['values'] & object, RegExp][] = [
        [{ Audience: 'urn:other' }, /Audience restriction/],
        [{ SubjectRecipient: 'https://other.test/acs' }, /no SubjectConfirmation fits/],
        [{ Destination: 'https://other.test/acs' }, /Destination/],
        [{ InResponseTo: '_other' }, /does not answer our request/],
        [{ Issuer: 'https://other.test/' }, /another issuer/],
        [{ ConditionsNotOnOrAfter: at(-600_000) }, /not valid at this time/],
        [{ ConditionsNotBefore: at(600_000) }, /not valid at this time/],
        [{ SubjectConfirmationDataNotOnOrAfter: at(-600_000) }, /not valid at this time|no SubjectConfirmation fits/],
        [{ AuthnStatement: '' }, /no AuthnStatement/],
        [{ NameID: '' }, /names nobody/],
        [{ StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Responder', AuthnStatement: '' }, /no AuthnStatement/],
      ]
      for (const [values, reason] of cases) {
        await open({ values })
        const location = await signIn(clientId)
        assert.match(errorIn(location).description ?? location, reason, JSON.stringify(values))
      }
      assert.deepEqual(await usernamesIn(server(), poolId), [])
    })
  })
}

const serviceProvider = (server: TestServer, poolId: string) => ({
  entityId: `urn:amazon:cognito:sp:${poolId}`,
  assertionConsumerUrl: `${server.url}/saml2/idpresponse`,
})
