import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLogger } from '../../../src/base/logger.ts'
import { useDocumentServer } from '../../support/document-server.ts'
import { engines } from '../../support/engines.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { beginSaml, givenSamlPool, serviceProviderOf } from '../../support/saml-pool.ts'
import { runSamlProvider } from '../../support/saml-provider.ts'
import { useTestServer } from '../../support/test-server.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

for (const engine of engines) {
  describe(`The metadata of SAML providers on ${engine.name}`, async () => {
    const lines: string[] = []
    const logger = createLogger({ level: 'warn', format: 'json', write: (line) => void lines.push(line) })
    const server = useTestServer(engine, { logger })
    const documents = useDocumentServer()
    const saml = await runSamlProvider()

    /** A pool whose provider has metadata by URL, with these attributes beside the entity id. */
    async function given(attributes = '', path = '/metadata') {
      const serviceProvider = serviceProviderOf(server(), 'us-east-1_any')
      const metadata = await saml.open({ serviceProvider, accounts: {} })
      documents.serve({ text: metadata.replace('entityID=', `${attributes} entityID=`) })
      const details = { MetadataFile: '', MetadataURL: `${documents.origin()}${path}` }
      const { clientId } = await givenSamlPool(server(), saml, { details })
      return { clientId, metadata }
    }
    const isMoved = (metadata: string) => metadata.replaceAll('/sso"', '/moved"')
    /** Where a sign-in is sent. The first after the time is over may still go to the old address. */
    const begin = async (clientId: string) => (await beginSaml(server(), clientId)).toProvider
    const fetchesOf = async (work: () => Promise<unknown>) => {
      const before = documents.requests()
      await work()
      return documents.requests() - before
    }

    it('is fetched once at the set-up, and again after six hours', async () => {
      const { clientId, metadata } = await given()
      documents.serve({ text: isMoved(metadata) })
      assert.equal(await fetchesOf(() => begin(clientId)), 0)
      server().clock.advance(6 * hourMs - 1)
      assert.ok((await begin(clientId)).startsWith(`${saml.origin}/sso?`))
      server().clock.advance(1)
      assert.ok((await begin(clientId)).startsWith(`${saml.origin}/moved?`))
      assert.equal(await fetchesOf(() => begin(clientId)), 0)
    })

    for (const [attribute, ms] of [
      ['cacheDuration="PT1H30M"', 1.5 * hourMs],
      ['cacheDuration="P0DT0H10M0.5S"', 10 * minuteMs],
      ['cacheDuration="P30D"', 6 * hourMs],
      ['cacheDuration="nonsense"', 6 * hourMs],
      ['cacheDuration="PT0S"', minuteMs],
    ] as const) {
      it(`is fetched again after ${ms / minuteMs} minutes where it says ${attribute}`, async () => {
        const { clientId } = await given(attribute, `/${encodeURIComponent(attribute)}`)
        server().clock.advance(ms - 1)
        assert.equal(await fetchesOf(() => begin(clientId)), 0)
        server().clock.advance(1)
        assert.equal(await fetchesOf(() => begin(clientId)), 1)
      })
    }

    it('is fetched again when it is no longer valid, and not used after that', async () => {
      const validUntil = new Date(server().clock.now() + 2 * hourMs).toISOString()
      const { clientId } = await given(`validUntil="${validUntil}"`, '/valid')
      server().clock.advance(2 * hourMs)
      documents.serve({ status: 503 })
      const location = await begin(clientId)
      assert.match(errorIn(location).description ?? location, /^Error retrieving metadata from/)
    })

    it('stays in use for a day while it cannot be fetched, and is asked for once a minute', async () => {
      const { clientId, metadata } = await given('', '/failing')
      documents.serve({ status: 500 })
      server().clock.advance(6 * hourMs)
      lines.length = 0
      assert.equal(
        await fetchesOf(async () => {
          for (let sign = 0; sign < 3; sign++) assert.ok((await begin(clientId)).startsWith(`${saml.origin}/sso?`))
        }),
        1,
      )
      const [line = '{}', ...more] = lines
      assert.deepEqual(more, [])
      const { url, cause } = JSON.parse(line) as Record<string, string>
      assert.equal(url, `${documents.origin()}/failing`)
      assert.match(cause ?? '', /The status of the answer is 500/)
      documents.serve({ text: '<not metadata/>' })
      server().clock.advance(minuteMs)
      assert.ok((await begin(clientId)).startsWith(`${saml.origin}/sso?`))
      server().clock.advance(18 * hourMs)
      assert.match(errorIn(await begin(clientId)).description ?? '', /describes no identity provider/)
      documents.serve({ text: isMoved(metadata) })
      assert.ok((await begin(clientId)).startsWith(`${saml.origin}/moved?`))
    })

    it('delays no sign-in for long while its server hangs, and many sign-ins ask for it once', async () => {
      const { clientId } = await given('', '/hanging')
      server().clock.advance(6 * hourMs)
      documents.hang()
      const isAnsweredMeanwhile = async () => {
        const fetches = await fetchesOf(async () => {
          const locations = await Promise.all(Array.from({ length: 5 }, () => begin(clientId)))
          for (const location of locations) assert.ok(location.startsWith(`${saml.origin}/sso?`), location)
        })
        assert.equal(fetches, 1)
        return documents.waiting() > 0
      }
      // The server gives up a request after five seconds. A busy machine may need longer than that for an attempt, but hardly for three.
      let isAnswered = await isAnsweredMeanwhile()
      for (let attempt = 0; attempt < 2 && !isAnswered; attempt++) {
        server().clock.advance(minuteMs)
        isAnswered = await isAnsweredMeanwhile()
      }
      assert.ok(isAnswered)
    })

    it('is fetched anew after a restart', async () => {
      const { clientId } = await given('', '/restart')
      await server().restart()
      assert.equal(await fetchesOf(() => begin(clientId)), 1)
      assert.equal(await fetchesOf(() => begin(clientId)), 0)
    })
  })
}
