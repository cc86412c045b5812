import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UpdateIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { createLogger } from '../../../src/base/logger.ts'
import { useDocumentServer } from '../../support/document-server.ts'
import { engines } from '../../support/engines.ts'
import { usernamesIn } from '../../support/federation.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { readMetrics } from '../../support/metrics.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { answerSaml, beginSaml, givenSamlPool, serviceProviderOf } from '../../support/saml-pool.ts'
import { runSamlProvider, samlFormFor } from '../../support/saml-provider.ts'
import { useTestServer } from '../../support/test-server.ts'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const md = 'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"'

for (const engine of engines) {
  describe(`SAML metadata that ends on ${engine.name}`, async () => {
    const lines: string[] = []
    const logger = createLogger({ level: 'warn', format: 'json', write: (line) => void lines.push(line) })
    const server = useTestServer(engine, { logger })
    const documents = useDocumentServer()
    const saml = await runSamlProvider()

    const inMs = (ms: number) => new Date(server().clock.now() + ms).toISOString()
    const ending = (metadata: string, validUntil: string) => metadata.replace('entityID=', `validUntil="${validUntil}" entityID=`)
    const metadataOf = () => saml.open({ serviceProvider: serviceProviderOf(server(), 'us-east-1_any'), accounts: {} })
    const givenFile = (MetadataFile: string) => givenSamlPool(server(), saml, { details: { MetadataFile } })
    const begin = async (clientId: string) => (await beginSaml(server(), clientId)).toProvider
    const check = async (poolId: string) => {
      const { Checks } = (await callLifeguard(server(), 'CheckIdentityProvider', {
        UserPoolId: poolId,
        ProviderName: 'Corp',
      })) as unknown as {
        Checks: readonly { readonly Name: string; readonly Status: string; readonly Message: string }[]
      }
      return Checks.find(({ Name }) => Name === 'METADATA')
    }

    it('is refused by CreateIdentityProvider and UpdateIdentityProvider when it has ended', async () => {
      const good = await metadataOf()
      const ended = ending(good, inMs(-minuteMs))
      const refusal = {
        name: 'InvalidParameterException',
        message: /^The metadata of the identity provider cannot be used: it was valid until /,
      }
      await assert.rejects(givenFile(ended), refusal)
      const { poolId } = await givenFile(good)
      const update = { UserPoolId: poolId, ProviderName: 'Corp', ProviderDetails: { MetadataFile: ended } }
      await assert.rejects(server().send(new UpdateIdentityProviderCommand(update)), refusal)
      documents.serve({ text: ended })
      const details = { MetadataFile: '', MetadataURL: `${documents.origin()}/ended` }
      await assert.rejects(givenSamlPool(server(), saml, { details }), refusal)
    })

    it('counts with the end of the role and of all groups around it, in UTC where it names no zone', async () => {
      const good = (await metadataOf()).replace(/^<\?xml[^>]*>/, '')
      const past = inMs(-minuteMs)
      const wrapped = (outer: string, inner: string) =>
        `<md:EntitiesDescriptor ${md}${outer}><md:EntitiesDescriptor${inner}>${good}</md:EntitiesDescriptor></md:EntitiesDescriptor>`
      await givenFile(wrapped(` validUntil="${inMs(minuteMs)}"`, ` validUntil="${inMs(minuteMs)}"`))
      await givenFile(ending(good, inMs(minuteMs).replace('Z', '')))
      for (const [name, text] of Object.entries({
        'the outer group': wrapped(` validUntil="${past}"`, ''),
        'the inner group': wrapped('', ` validUntil="${past}"`),
        'the role': good.replace('<IDPSSODescriptor ', `<IDPSSODescriptor validUntil="${past}" `),
        'no zone': ending(good, past.replace('Z', '')),
        'no time': ending(good, 'tomorrow'),
      })) {
        assert.notEqual(text, good, name)
        await assert.rejects(givenFile(text), { name: 'InvalidParameterException' }, name)
      }
    })

    it('ends sign-ins with a clear error and a line in the log, also those that had begun', async () => {
      const { poolId, clientId } = await givenFile(ending(await metadataOf(), inMs(minuteMs)))
      await saml.open({ serviceProvider: serviceProviderOf(server(), poolId), accounts: { ana: { nameId: 'Ana-1', attributes: {} } } })
      const begun = await beginSaml(server(), clientId)
      const form = await samlFormFor(begun.toProvider, 'ana')
      server().clock.advance(minuteMs)
      lines.length = 0
      const text = /^The metadata of the identity provider cannot be used: it was valid until /
      assert.match(errorIn(await answerSaml(begun.browser, form)).description ?? '', text)
      assert.match(errorIn(await begin(clientId)).description ?? '', text)
      assert.deepEqual(await usernamesIn(server(), poolId), [])
      const [line] = lines.map((one) => JSON.parse(one) as Record<string, string>)
      assert.equal(line?.['reason'], 'settings')
      assert.match(line?.['cause'] ?? '', text)
    })

    it('is announced by CheckIdentityProvider thirty days before, and by the metric', async () => {
      // The metric forgets after a day what other tests used.
      server().clock.advance(dayMs)
      const good = await metadataOf()
      const endsAt = server().clock.now() + 31 * dayMs
      const { poolId, clientId } = await givenFile(ending(good, new Date(endsAt).toISOString()))
      const expiry = async () =>
        (await readMetrics(server().url)).valuesOf('lifeguard_saml_certificate_expiry_timestamp_seconds')['owner=metadata']
      await begin(clientId)
      assert.equal(await expiry(), endsAt / 1000)
      assert.equal((await check(poolId))?.Status, 'OK')
      server().clock.advance(dayMs)
      assert.equal((await check(poolId))?.Status, 'WARNING')
      server().clock.advance(30 * dayMs)
      const over = await check(poolId)
      assert.equal(over?.Status, 'FAILED')
      assert.match(over?.Message ?? '', /was valid until .* Sign-ins fail\. Get the newest metadata/)
      await begin(clientId)
      assert.equal(await expiry(), endsAt / 1000)
      const update = { UserPoolId: poolId, ProviderName: 'Corp', ProviderDetails: { MetadataFile: good } }
      await server().send(new UpdateIdentityProviderCommand(update))
      assert.ok((await begin(clientId)).startsWith(`${saml.origin}/sso?`))
      assert.equal(await expiry(), undefined)
    })

    it('at a URL is fetched again at its end, once a minute while it is the same, and never used', async () => {
      const good = await metadataOf()
      documents.serve({ text: ending(good, inMs(10_000)) })
      const details = { MetadataFile: '', MetadataURL: `${documents.origin()}/short` }
      const { poolId, clientId } = await givenSamlPool(server(), saml, { details })
      assert.equal((await check(poolId))?.Status, 'OK')
      server().clock.advance(10_000)
      const before = documents.requests()
      for (const _ of [1, 2, 3]) assert.match(errorIn(await begin(clientId)).description ?? '', /it was valid until/)
      assert.equal(documents.requests() - before, 1)
      documents.serve({ text: good })
      server().clock.advance(minuteMs)
      assert.ok((await begin(clientId)).startsWith(`${saml.origin}/sso?`))
    })
  })
}
