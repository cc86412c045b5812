import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateIdentityProviderCommand,
  DescribeIdentityProviderCommand,
  GetSigningCertificateCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest, offerProvider, readUser, tokensFor, usernamesIn } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { encode } from '../../support/oauth.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { answerSaml, beginSaml, givenSamlPool, mailClaim, serviceProviderOf, signInBySaml } from '../../support/saml-pool.ts'
import { runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import type { SamlSetUp } from '../../support/saml-provider-process.ts'
import { attributeList } from '../../support/self-service.ts'
import { givenUser } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

for (const engine of engines) {
  describe(`Sign-in by a SAML provider on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const provider = await runSamlProvider()

    const given = (options: Parameters<typeof givenSamlPool>[2] = {}) => givenSamlPool(server(), provider, options)
    const signIn = (clientId: string) => signInBySaml(server(), clientId)

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
      assert.deepEqual(event?.request.attributes, { samlResponse: { [mailClaim]: 'ana@corp.test', groups: '[Admin,R%26D]' } })
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
      await open({ serviceProvider: { ...serviceProviderOf(server(), poolId), signingCertificate: Certificate ?? '' } })
      const { browser, toProvider } = await beginSaml(server(), clientId)
      assert.ok(new URL(toProvider).searchParams.get('Signature'))
      assert.match(await answerSaml(browser, await samlFormFor(toProvider, 'ana')), /code=/)
    })

    it('refuses an assertion that was not encrypted where it should be', async () => {
      const { clientId } = await given({ details: { EncryptedResponses: 'true' } })
      assert.equal(errorIn(await signIn(clientId)).description, 'Invalid SAML response received: the assertion is not encrypted')
    })

    it('opens assertions that are encrypted for the certificate it shows', async () => {
      const { poolId, clientId, open } = await given({ details: { EncryptedResponses: 'true' } })
      const shown = await server().send(new DescribeIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp' }))
      const encryptionCertificate = shown.IdentityProvider?.ProviderDetails?.['ActiveEncryptionCertificate'] ?? ''
      await open({ serviceProvider: { ...serviceProviderOf(server(), poolId), encryptionCertificate } })
      assert.match(await signIn(clientId), /code=/)
      await open({
        serviceProvider: { ...serviceProviderOf(server(), poolId), encryptionCertificate },
        signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
      })
      assert.match(errorIn(await signIn(clientId)).description ?? '', /the encrypted assertion cannot be used/)
    })

    it('publishes its metadata for the provider', async () => {
      const { poolId } = await given()
      const answer = await fetch(`${server().url}/${poolId}/saml2/metadata`)
      assert.equal(answer.headers.get('content-type'), 'application/samlmetadata+xml')
      const metadata = await answer.text()
      const { Certificate } = await server().send(new GetSigningCertificateCommand({ UserPoolId: poolId }))
      for (const part of [
        `entityID="urn:amazon:cognito:sp:${poolId}"`,
        `Location="${server().url}/saml2/idpresponse"`,
        Certificate ?? '-',
      ]) {
        assert.ok(metadata.includes(part), part)
      }
      assert.equal((await fetch(`${server().url}/us-east-1_nowhere/saml2/metadata`)).status, 404)
    })

    it('takes an answer once, and only in the browser that began', async () => {
      const { clientId } = await given()
      const { browser, toProvider } = await beginSaml(server(), clientId)
      const form = await samlFormFor(toProvider, 'ana')
      const lost = '/error?error=invalid_request'
      assert.equal(await answerSaml(new TestBrowser(server()), form), lost)
      assert.match(await answerSaml(browser, form), /code=/)
      assert.equal(await answerSaml(browser, form), lost)
    })

    it('takes a response that nobody asked for only where IDPInit allows it, and each assertion once', async () => {
      const { clientId } = await given({ details: { IDPInit: 'true' } })
      const RelayState = encode(appRequest(clientId))
      const form = { ...(await samlFormFor(`${provider.origin}/sso`, 'ana')), RelayState }
      const browser = new TestBrowser(server())
      assert.match(await answerSaml(browser, form), /code=/)
      assert.deepEqual(
        errorIn(await answerSaml(browser, form)).description,
        'Invalid SAML response received: the assertion was used before',
      )
      const forbidden = await given()
      const refused = { ...(await samlFormFor(`${provider.origin}/sso`, 'ana')), RelayState: encode(appRequest(forbidden.clientId)) }
      assert.equal(errorIn(await answerSaml(browser, refused)).description, 'Invalid relayState from identity provider')
    })

    it('refuses a response that nobody asked for where the user would have to prove that an account is theirs', async () => {
      const { poolId, clientId, open } = await given({ details: { IDPInit: 'true' } })
      const Federation = { LinkingPolicy: 'PROOF', Providers: { Corp: { EmailVerified: 'ALWAYS' } } }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: poolId, Federation })
      const second = { ProviderName: 'Second', ProviderType: 'SAML', ProviderDetails: { MetadataFile: await open() } } as const
      await server().send(new CreateIdentityProviderCommand({ UserPoolId: poolId, ...second }))
      await offerProvider(server(), { poolId, clientId, name: 'Second' })
      await givenUser(server(), poolId, 'local', { attributes: attributeList({ email: 'ana@corp.test', email_verified: 'true' }) })
      const form = { ...(await samlFormFor(`${provider.origin}/sso`, 'ana')), RelayState: encode(appRequest(clientId)) }
      const refused = errorIn(await answerSaml(new TestBrowser(server()), form))
      assert.match(refused.description ?? '', /has to sign in to link the identity/)
      assert.match(await signIn(clientId), /^\/login\?/)
      assert.deepEqual(await usernamesIn(server(), poolId), ['local'])
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
        [{ StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Responder' }, /SAML provider returned Responder/],
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
