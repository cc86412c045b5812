import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { CreateIdentityProviderCommand, CreateUserPoolDomainCommand } from '@aws-sdk/client-cognito-identity-provider'
import { useDocumentServer } from '../../support/document-server.ts'
import { engines } from '../../support/engines.ts'
import { givenFederatedPool, providerClient } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { codeClient, givenClient } from '../../support/oauth.ts'
import { runOpenIdProvider } from '../../support/openid-provider.ts'
import { givenSamlPool, serviceProviderOf, signInBySaml } from '../../support/saml-pool.ts'
import { runSamlProvider } from '../../support/saml-provider.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

type Check = { readonly Name: string; readonly Status: string; readonly Message: string }
type Answer = {
  readonly Status: string
  readonly Checks: readonly Check[]
  readonly Addresses: readonly { readonly Name: string; readonly Value: string }[]
}

const dayMs = 86_400_000

async function check(server: TestServer, UserPoolId: string, ProviderName = 'Corp') {
  const answer = (await callLifeguard(server, 'CheckIdentityProvider', { UserPoolId, ProviderName })) as unknown as Answer
  const { Status, Checks, Addresses } = answer
  const find = (name: string) => Checks.find(({ Name }) => Name === name)
  return {
    status: Status,
    addresses: Addresses,
    statuses: Object.fromEntries(Checks.map((one) => [one.Name, one.Status])),
    statusOf: (name: string) => find(name)?.Status,
    wordsOf: (name: string) => find(name)?.Message ?? '',
    text: JSON.stringify(answer),
  }
}

for (const engine of engines) {
  describe(`CheckIdentityProvider on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const documents = useDocumentServer()
    const openId = await runOpenIdProvider()
    const saml = await runSamlProvider()
    before(() => openId.open({ clients: [providerClient(server())], accounts: [] }))

    it('finds nothing wrong with an OpenID Connect provider, and never shows its secret', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), openId)
      const checked = await check(server(), poolId)
      assert.equal(checked.status, 'OK', checked.text)
      assert.deepEqual(checked.statuses, {
        METADATA: 'OK',
        ENDPOINTS: 'OK',
        KEYS: 'OK',
        ALGORITHMS: 'OK',
        CLIENT_AUTHENTICATION: 'OK',
        ATTRIBUTE_MAPPING: 'OK',
        APP_CLIENTS: 'OK',
      })
      assert.ok(checked.wordsOf('ENDPOINTS').includes(`token_url ${openId.issuer}/token`))
      assert.match(checked.wordsOf('KEYS'), /of the kinds: RSA RS256\.$/)
      assert.match(checked.wordsOf('ALGORITHMS'), /RS256/)
      assert.match(checked.wordsOf('CLIENT_AUTHENTICATION'), /client_secret_post/)
      assert.ok(checked.wordsOf('APP_CLIENTS').includes(clientId))
      assert.deepEqual(checked.addresses, [{ Name: 'REDIRECT_URI', Value: `${server().url}/oauth2/idpresponse` }])
      assert.ok(!checked.text.includes('the secret of our client there'))
    })

    it('finds nothing wrong with a SAML provider, and says what to enter there, for each domain', async () => {
      const { poolId } = await givenSamlPool(server(), saml, { details: { RequestSigningAlgorithm: 'rsa-sha256' } })
      const prefix = `check-${engine.name}`
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: prefix }))
      const checked = await check(server(), poolId)
      assert.equal(checked.status, 'OK', checked.text)
      assert.ok(checked.wordsOf('ENDPOINTS').includes(`${saml.origin}/sso`))
      assert.match(
        checked.wordsOf('CERTIFICATES'),
        /Certificates that check signatures: ([0-9A-F]{2}:){7}[0-9A-F]{2} expires on \d{4}-\d\d-\d\d, in 36\d\d days/,
      )
      assert.match(checked.wordsOf('REQUEST_SIGNATURE'), /Requests are signed.*expires on/)
      const { port } = new URL(server().url)
      assert.deepEqual(checked.addresses, [
        { Name: 'ENTITY_ID', Value: `urn:amazon:cognito:sp:${poolId}` },
        { Name: 'ASSERTION_CONSUMER_SERVICE', Value: `${server().url}/saml2/idpresponse` },
        { Name: 'ASSERTION_CONSUMER_SERVICE', Value: `http://${prefix}.auth.localhost:${port}/saml2/idpresponse` },
      ])
    })

    it('tells a provider that names another issuer, gives no keys, or signs weakly', async () => {
      const issuer = documents.origin()
      const ProviderDetails = { oidc_issuer: issuer }
      const endpoints = { authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t`, jwks_uri: `${issuer}/k` }
      const published = {
        issuer,
        ...endpoints,
        id_token_signing_alg_values_supported: ['HS1', 'none'],
        response_types_supported: ['id_token'],
      }
      documents.serve({ text: JSON.stringify(published) })
      const { poolId } = await givenFederatedPool(server(), openId, { more: { ProviderDetails } })
      const weak = await check(server(), poolId)
      assert.equal(weak.status, 'FAILED')
      assert.match(weak.wordsOf('ALGORITHMS'), /by HS1, none only.*`code`/)
      assert.match(weak.wordsOf('KEYS'), /The answer is no key set/)

      documents.serve({ text: JSON.stringify({ ...published, issuer: 'https://other.test' }) })
      const other = await check(server(), poolId)
      assert.equal(other.statusOf('METADATA'), 'FAILED')
      assert.ok(other.wordsOf('METADATA').includes(`names the issuer https://other.test, but oidc_issuer is ${issuer}.`))
      assert.match(other.wordsOf('ENDPOINTS'), /Neither the settings nor the provider say: authorize_url, token_url, jwks_uri/)

      for (const text of [
        '<html>',
        'null',
        '[]',
        ' '.repeat(600 * 1024),
        `{"issuer":"${issuer}","jwks_uri":7}`,
        `{"issuer":"${issuer}","authorization_endpoint":"javascript:alert(1)"}`,
      ]) {
        documents.serve({ text })
        const { statuses } = await check(server(), poolId)
        assert.ok([statuses['METADATA'], statuses['ENDPOINTS']].includes('FAILED'), text.slice(0, 40))
      }
    })

    it('tells a client secret that is too short for a MAC, and an algorithm that the provider does not announce', async () => {
      const issuer = documents.origin()
      const endpoints = { authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t`, jwks_uri: `${issuer}/k` }
      const algorithmsFor = async (algorithms: readonly string[], details: Readonly<Record<string, string>>) => {
        documents.serve({ text: JSON.stringify({ issuer, ...endpoints, keys: [], id_token_signing_alg_values_supported: algorithms }) })
        const more = { ProviderDetails: { oidc_issuer: issuer, ...details } }
        const { poolId } = await givenFederatedPool(server(), openId, { more })
        const { statusOf, wordsOf, text } = await check(server(), poolId)
        if (details['client_secret']) assert.ok(!text.includes(details['client_secret']))
        return [statusOf('ALGORITHMS'), wordsOf('ALGORITHMS')] as const
      }
      const short = 'x'.repeat(31)
      const [status, words] = await algorithmsFor(['HS512', 'HS256', 'RS256'], { client_secret: short })
      assert.equal(status, 'WARNING')
      assert.match(words, /client secret is shorter than the 32 bytes that HS256 needs/)
      // 16 characters of two bytes each are long enough.
      for (const long of ['x'.repeat(32), 'é'.repeat(16)]) {
        assert.equal((await algorithmsFor(['HS256'], { client_secret: long }))[0], 'OK')
      }
      const named = await algorithmsFor(['HS256', 'HS512'], { client_secret: 'x'.repeat(63), id_token_signed_response_alg: 'HS512' })
      assert.match(named.join(), /^WARNING,.*shorter than the 64 bytes that HS512 needs/)
      assert.equal((await algorithmsFor(['HS256', 'RS256'], { client_secret: short, id_token_signed_response_alg: 'RS256' }))[0], 'OK')
      const other = await algorithmsFor(['RS256'], { id_token_signed_response_alg: 'ES256' })
      assert.match(other.join(), /^WARNING,.*the settings accept ES256 only, and the provider announces RS256/i)
      const noSecret = await algorithmsFor(['HS256'], { client_secret: '' })
      assert.match(noSecret.join(), /^FAILED,.*by HS256 only, and none of them is accepted/)
    })

    it('tells a private key that cannot be read', async () => {
      const details = { team_id: 'TEAM123456', key_id: 'KEY1234567', private_key: 'no key at all', client_id: 'shop' }
      const { poolId } = await server().givenPool()
      const endpoints = { oidc_issuer: openId.issuer, authorize_url: `${openId.issuer}/auth`, token_url: `${openId.issuer}/token` }
      await server().send(
        new CreateIdentityProviderCommand({
          UserPoolId: poolId,
          ProviderName: 'SignInWithApple',
          ProviderType: 'SignInWithApple',
          ProviderDetails: { ...details, ...endpoints },
        }),
      )
      const checked = await check(server(), poolId, 'SignInWithApple')
      assert.equal(checked.statusOf('CLIENT_AUTHENTICATION'), 'FAILED')
      assert.match(checked.wordsOf('CLIENT_AUTHENTICATION'), /The private key of the identity provider cannot be used/)
      assert.ok(!checked.text.includes('no key at all'))
    })

    it('tells a provider without an answer, and metadata that has changed for the worse', async () => {
      const { poolId } = await givenSamlPool(server(), saml, { details: { MetadataFile: '', MetadataURL: 'http://127.0.0.1:1/metadata' } })
      const silent = await check(server(), poolId)
      assert.equal(silent.status, 'FAILED')
      assert.match(silent.wordsOf('METADATA'), /Error retrieving metadata from http:\/\/127\.0\.0\.1:1\/metadata\. Cause: .*ECONNREFUSED/)

      const good = await saml.open({ serviceProvider: serviceProviderOf(server(), poolId), accounts: {} })
      documents.serve({ text: good })
      const changing = await givenSamlPool(server(), saml, { details: { MetadataFile: '', MetadataURL: `${documents.origin()}/m` } })
      assert.equal((await check(server(), changing.poolId)).status, 'OK')
      const wanting = good.replace('WantAuthnRequestsSigned="false"', 'WantAuthnRequestsSigned="true"')
      assert.notEqual(wanting, good)
      documents.serve({ text: wanting.replace('entityID=', 'validUntil="2020-01-01T00:00:00Z" entityID=') })
      const worse = await check(server(), changing.poolId)
      assert.equal(worse.statusOf('REQUEST_SIGNATURE'), 'FAILED')
      assert.equal(worse.statusOf('METADATA'), 'FAILED')
      assert.match(worse.wordsOf('METADATA'), /valid until 2020-01-01/)
    })

    it('tells attributes that cannot be written or changed, those that are missing, and a provider that no app client offers', async () => {
      const Schema = [
        { Name: 'badge', AttributeDataType: 'String' as const, Mutable: false },
        { Name: 'birthdate', AttributeDataType: 'String' as const, Required: true, Mutable: true },
      ]
      const mapping = { AttributeMapping: { email: 'email', email_verified: 'email_verified', name: 'name', 'custom:badge': 'badge' } }
      const { poolId, clientId } = await givenFederatedPool(server(), openId, {
        pool: { Schema },
        client: { WriteAttributes: ['email', 'birthdate'] },
        more: mapping,
      })
      const checked = await check(server(), poolId)
      const words = checked.wordsOf('ATTRIBUTE_MAPPING')
      assert.equal(checked.statusOf('ATTRIBUTE_MAPPING'), 'FAILED')
      assert.match(words, /cannot change.*: custom:badge\. The pool requires.*: birthdate\./)
      assert.ok(words.includes(`The app client ${clientId} cannot write these: name, custom:badge.`), words)

      const unused = await givenFederatedPool(server(), openId, { client: { SupportedIdentityProviders: ['COGNITO'] } })
      const alone = await check(server(), unused.poolId)
      assert.match(alone.wordsOf('APP_CLIENTS'), /No app client offers the provider/)
      const closed = { ...codeClient, SupportedIdentityProviders: ['Corp'], AllowedOAuthFlowsUserPoolClient: false }
      const { clientId: closedId } = await givenClient(server(), unused.poolId, closed)
      const warned = await check(server(), unused.poolId)
      assert.equal(warned.statusOf('APP_CLIENTS'), 'WARNING')
      assert.ok(warned.wordsOf('APP_CLIENTS').includes(closedId))
    })

    it('does not know a provider of another pool', async () => {
      const { poolId } = await server().givenPool()
      await assert.rejects(check(server(), poolId), /ResourceNotFoundException/)
    })

    it('counts the days of a certificate, and warns of one that has expired but is still accepted', async () => {
      const { poolId, clientId, open } = await givenSamlPool(server(), saml)
      const years = 3640 * dayMs
      server().clock.advance(years)
      const soon = await check(server(), poolId)
      assert.match(soon.wordsOf('CERTIFICATES'), /Soon no certificate of the provider is valid.*in 1\d days/)
      server().clock.advance(30 * dayMs)
      const expired = await check(server(), poolId)
      assert.equal(expired.status, 'WARNING')
      assert.match(expired.wordsOf('CERTIFICATES'), /have expired.*expired on/)
      await open({ clockMs: server().clock.now() - Date.now() })
      assert.match(await signInBySaml(server(), clientId), /code=/)
    })
  })
}
