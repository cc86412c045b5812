import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateIdentityProviderCommand,
  CreateUserPoolDomainCommand,
  UpdateIdentityProviderCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { useDocumentServer } from '../../support/document-server.ts'
import { engines } from '../../support/engines.ts'
import { recordSpans, statementsOf } from '../../support/recorded-spans.ts'
import { samlLogouts } from '../../support/saml-logouts.ts'
import { beginLogoutAt, runSamlProvider } from '../../support/saml-provider.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const spans = recordSpans()
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const lost = '/error?error=invalid_request'

for (const engine of engines) {
  describe(`The work for a logout that a SAML provider begins, on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const documents = useDocumentServer()
    const provider = await runSamlProvider()
    const { given, signedIn, bring, answerIn, isSignedIn } = samlLogouts(server, provider)

    const now = (laterMs = 0) => new Date(server().clock.now() + laterMs).toISOString()

    /** Visits the domain of the pool with a request of the provider, in a browser that has no session. */
    async function givenDomain(poolId: string, prefix: string) {
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain: `${prefix}-${engine.name}` }))
      const { hostname, port, protocol } = new URL(server().url)
      const host = `${prefix}-${engine.name}.auth.${hostname}`
      const Destination = `${protocol}//${host}:${port}/saml2/logout`
      return async (headers: Readonly<Record<string, string>> = {}) => {
        const { to = '' } = await beginLogoutAt(provider, {
          binding: 'redirect',
          values: { Destination, IssueInstant: now(), NotOnOrAfter: now(minuteMs) },
        })
        return locationOf(await new TestBrowser(server(), `${host}:${port}`).visit(to.slice(server().url.length), headers))
      }
    }
    /** Metadata of another provider, which the document server has at these paths. */
    async function addOthers(poolId: string, metadata: string, names: readonly string[]) {
      documents.serve({ text: metadata.replace(/entityID="[^"]*"/, 'entityID="https://other.test/"') })
      for (const ProviderName of names) {
        const ProviderDetails = { MetadataURL: `${documents.origin()}/${poolId}/${ProviderName}`, IDPSignout: 'true' }
        await server().send(
          new CreateIdentityProviderCommand({
            UserPoolId: poolId,
            ProviderName,
            ProviderType: 'SAML',
            ProviderDetails,
            AttributeMapping: {},
          }),
        )
      }
    }
    const endingSoon = (metadata: string) => metadata.replace('entityID=', `validUntil="${now(minuteMs)}" entityID=`)
    const moveToUrl = async (poolId: string, text: string) => {
      documents.serve({ text })
      const ProviderDetails = { MetadataURL: `${documents.origin()}/${poolId}/Corp`, MetadataFile: '', IDPSignout: 'true' }
      await server().send(new UpdateIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp', ProviderDetails }))
    }

    it('is the same number of statements for one provider and for many', async () => {
      const { poolId, metadata } = await given()
      const visit = await givenDomain(poolId, 'work')
      const count = () => statementsOf(spans, async (trace) => assert.notEqual(await visit(trace), lost))
      await count()
      const few = await count()
      await addOthers(poolId, metadata, ['One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven'])
      assert.ok(few.length > 0)
      assert.deepEqual(await count(), few)
    })

    it('fetches metadata that has ended, when the provider is that of the session of the browser', async () => {
      const { poolId, clientId, metadata } = await given()
      const { browser } = await signedIn(clientId)
      await moveToUrl(poolId, endingSoon(metadata))
      server().clock.advance(2 * minuteMs)
      documents.serve({ text: metadata })
      const before = documents.requests()
      const sent = await beginLogoutAt(provider, { binding: 'redirect', values: { IssueInstant: now() } })
      assert.deepEqual((await answerIn(locationOf(await bring(browser, sent)))).status, ['Success'])
      assert.equal(documents.requests(), before + 1)
      assert.ok(!(await isSignedIn(browser, clientId)))
    })

    it('makes the server wait for one slow provider only', async () => {
      const pools = [await given(), await given()]
      const browser = new TestBrowser(server())
      for (const { clientId, open, set } of pools) {
        await open({ logout: set })
        await signedIn(clientId, 'ana', browser)
      }
      for (const { poolId, metadata } of pools) await moveToUrl(poolId, endingSoon(metadata))
      server().clock.advance(2 * minuteMs)
      documents.hang()
      const before = documents.requests()
      const sent = await beginLogoutAt(provider, { binding: 'redirect', values: { IssueInstant: now() } })
      assert.equal(locationOf(await bring(browser, sent)), lost)
      assert.equal(documents.requests(), before + 1)
    })

    it('makes the server fetch nothing, when the browser has no session', async () => {
      const { poolId, metadata } = await given()
      const visit = await givenDomain(poolId, 'fetch')
      await moveToUrl(poolId, metadata)
      await addOthers(poolId, metadata, ['One', 'Two'])
      const before = documents.requests()
      assert.ok(before > 0)
      assert.deepEqual((await answerIn(await visit())).status, ['Requester', 'UnknownPrincipal'])
      // The metadata is so old now that a sign-in would fetch it again.
      server().clock.advance(dayMs / 2)
      assert.deepEqual((await answerIn(await visit())).status, ['Requester', 'UnknownPrincipal'])
      // Now it is too old to be used.
      server().clock.advance(dayMs)
      assert.equal(await visit(), lost)
      assert.equal(documents.requests(), before)
    })
  })
}
