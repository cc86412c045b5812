import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { createLogger } from '../../../src/base/logger.ts'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, providerClient, signInByProvider } from '../../support/federation.ts'
import { readMetrics } from '../../support/metrics.ts'
import { encode } from '../../support/oauth.ts'
import { runOpenIdProvider, signInAtProvider } from '../../support/openid-provider.ts'
import { answerSaml, beginSaml, givenSamlPool, mailClaim, signInBySaml } from '../../support/saml-pool.ts'
import { runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const failures = 'lifeguard_provider_sign_in_failures_total'

for (const engine of engines) {
  describe(`The log and the metrics of failed sign-ins by identity providers on ${engine.name}`, async () => {
    const lines: string[] = []
    const logger = createLogger({ level: 'warn', format: 'json', write: (line) => void lines.push(line) })
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { logger, flags: endpoint.flags })
    const openId = await runOpenIdProvider()
    const saml = await runSamlProvider()
    const ana = { sub: 'ana-subject', email: 'ana@corp.test' }
    before(() => openId.open({ clients: [providerClient(server())], accounts: [ana] }))

    const lastFailure = () => {
      const found = lines.findLast((line) => line.includes('A sign-in by an identity provider failed.')) ?? '{}'
      return JSON.parse(found) as Record<string, string>
    }
    const count = async (label: string) => (await readMetrics(server().url)).valuesOf(failures)[label] ?? 0
    const nothingOfTheUser = (...texts: readonly string[]) => {
      for (const text of texts) assert.ok(!lines.some((line) => line.includes(text)), text)
    }

    it('show the SAML response with its structure, and without the user', async () => {
      const { poolId, clientId, open } = await givenSamlPool(server(), saml)
      await open({ values: { Audience: 'urn:other' } })
      const label = 'type=SAML reason=invalid-answer'
      const before = await count(label)
      const { browser, toProvider } = await beginSaml(server(), clientId)
      const form = await samlFormFor(toProvider, 'ana')
      await answerSaml(browser, form)
      const failed = lastFailure()
      const { provider, type, reason } = failed
      assert.deepEqual([failed['poolId'], failed['clientId'], provider, type, reason], [poolId, clientId, 'Corp', 'SAML', 'invalid-answer'])
      assert.match(failed['cause'] ?? '', /Audience restriction is not met\. Cause: .*urn:other/)
      const xml = failed['samlResponse'] ?? ''
      for (const part of [
        '<Audience>urn:other</Audience>',
        `<Issuer>${saml.origin}/metadata</Issuer>`,
        `<Attribute Name="${mailClaim}"><AttributeValue>***</AttributeValue></Attribute>`,
        '>***</NameID>',
        `Recipient="${server().url}/saml2/idpresponse"`,
        'Value="urn:oasis:names:tc:SAML:2.0:status:Success"',
        'SessionIndex="***"',
        '<SignatureValue>***</SignatureValue>',
      ]) {
        assert.ok(xml.includes(part), `${part} in ${xml}`)
      }
      nothingOfTheUser('Ana-1', 'ana@corp.test', 'session-1', form.SAMLResponse.slice(0, 60), form.RelayState)
      assert.equal(await count(label), before + 1)
    })

    it('stay short and harmless for a response that is huge, deep or not readable', async () => {
      const response = (inner: string) => `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${inner}</samlp:Response>`
      const forged: readonly [string, RegExp][] = [
        [response(`<a>${'<b/>'.repeat(10_000)}</a>`), /…/],
        [response(`${'<a>'.repeat(5000)}ana@corp.test${'</a>'.repeat(5000)}`), /…/],
        ['<a b="ana@corp.test', /^not readable$/],
        ['<!DOCTYPE a [<!ENTITY b "ana@corp.test">]><a>&b;</a>', /^not readable$/],
        [response('<a c="ana@corp.test">ana@corp.test</a>'), /<a c="\*\*\*">\*\*\*<\/a>/],
        [response('<!-- ana@corp.test --><a><![CDATA[ana@corp.test]]></a>'), /^not readable$|<a>\*\*\*<\/a>/],
      ]
      for (const [xml, expected] of forged) {
        // Only the first failure of a pool in a minute is a warning.
        const { clientId } = await givenSamlPool(server(), saml)
        await signInBySaml(server(), clientId, { forge: () => xml })
        const { samlResponse = '' } = lastFailure()
        assert.match(samlResponse, expected)
        assert.ok(samlResponse.length < 30_000, String(samlResponse.length))
      }
      nothingOfTheUser('ana@corp.test')
    })

    it('say that the user declined, that the provider gave no answer, and what it answered', async () => {
      const { clientId } = await givenFederatedPool(server(), openId)
      const begin = async () => {
        const browser = new TestBrowser(server())
        return { browser, toProvider: locationOf(await browser.visit(`/oauth2/authorize?${encode(appRequest(clientId))}`)) }
      }
      const declined = await begin()
      const back = await signInAtProvider(declined.toProvider, 'ana-subject', { decline: true })
      await declined.browser.visit(back.pathname + back.search)
      assert.deepEqual([lastFailure()['reason'], lastFailure()['type']], ['declined', 'OIDC'])

      const wrongCode = await begin()
      const state = new URL(wrongCode.toProvider).searchParams.get('state') ?? ''
      const parameters = encode({ code: 'wrong-code-of-a-test', state, iss: openId.issuer })
      await wrongCode.browser.visit(`/oauth2/idpresponse?${parameters}`)
      assert.equal(lastFailure()['reason'], 'provider-error')
      assert.match(lastFailure()['cause'] ?? '', /400 invalid_grant/)

      const details = { token_url: 'http://127.0.0.1:1/token' }
      const silent = await givenFederatedPool(server(), openId, { more: { ProviderDetails: details } })
      await signInByProvider(server(), appRequest(silent.clientId), 'ana-subject')
      assert.equal(lastFailure()['reason'], 'unreachable')
      assert.match(lastFailure()['cause'] ?? '', /No answer of http:\/\/127\.0\.0\.1:1\/token: .*ECONNREFUSED/)
      nothingOfTheUser('ana-subject', 'ana@corp.test', 'wrong-code-of-a-test', state, 'the secret of our client there')
      for (const reason of ['declined', 'provider-error', 'unreachable']) assert.equal(await count(`type=OIDC reason=${reason}`), 1, reason)
    })

    it('say why the pool refuses a user whom the provider vouches for', async () => {
      const triggers = endpoint.given({
        PreSignUp: () => {
          throw new Error('not in this shop')
        },
        InboundFederation: agree,
      })
      const { clientId } = await givenFederatedPool(server(), openId, { pool: { LambdaConfig: triggers.lambdaConfig } })
      await signInByProvider(server(), appRequest(clientId), 'ana-subject')
      assert.equal(lastFailure()['reason'], 'refused')
      assert.match(lastFailure()['cause'] ?? '', /PreSignUp failed with error/)
      nothingOfTheUser('ana-subject', 'ana@corp.test')
    })

    it('time requests to providers by their outcome, and show when the first certificate expires', async () => {
      const { clientId } = await givenSamlPool(server(), saml, { details: { RequestSigningAlgorithm: 'rsa-sha256' } })
      await beginSaml(server(), clientId)
      const { valuesOf, text } = await readMetrics(server().url)
      assert.match(text, /lifeguard_provider_request_duration_seconds_count\{outcome="answered"\} [1-9]/)
      assert.match(text, /lifeguard_provider_request_duration_seconds_count\{outcome="unreachable"\} [1-9]/)
      const expiry = valuesOf('lifeguard_saml_certificate_expiry_timestamp_seconds')
      const years = (seconds = 0) => Math.round((seconds - Date.now() / 1000) / (365.25 * 86_400))
      assert.deepEqual([years(expiry['owner=own']), years(expiry['owner=provider'])], [10, 10])
      // A certificate that no sign-in has used for a day is forgotten.
      server().clock.advance(25 * 3_600_000)
      assert.deepEqual((await readMetrics(server().url)).valuesOf('lifeguard_saml_certificate_expiry_timestamp_seconds'), {})
    })
  })
}
