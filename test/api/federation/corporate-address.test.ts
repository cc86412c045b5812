import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UpdateIdentityProviderCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest } from '../../support/federation.ts'
import { encode } from '../../support/oauth.ts'
import { givenAllProviders } from '../../support/provider-buttons.ts'
import { givenSamlPool } from '../../support/saml-pool.ts'
import { runSamlProvider } from '../../support/saml-provider.ts'
import { csrfTokenIn, locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

for (const engine of engines) {
  describe(`The e-mail address of a company on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const saml = await runSamlProvider()
    const queryOf = (clientId: string) => encode(appRequest(clientId, { identity_provider: undefined }))

    const givenPool = (identifiers: string[]) =>
      givenSamlPool(server(), saml, { identifiers, client: { SupportedIdentityProviders: ['COGNITO', 'Corp'] } })

    async function submit(clientId: string, corporate_email: string) {
      const browser = new TestBrowser(server())
      const query = queryOf(clientId)
      const page = await browser.visit(`/login?${query}`)
      assert.equal(page.status, 200)
      return browser.submit(`/login/corporate?${query}`, { _csrf: csrfTokenIn(page), corporate_email })
    }

    it('leads to the provider of its domain, whatever its case', async () => {
      const { clientId } = await givenPool(['corp.test', 'Sub.Corp.test', 'corp'])
      for (const address of ['ana@corp.test', 'Ana@CORP.TEST', 'ana@sub.corp.test', '"a@b"@corp.test', 'corp.test'])
        assert.ok(locationOf(await submit(clientId, address)).startsWith(`${saml.origin}/sso?SAMLRequest=`), address)
    })

    it('is refused in words where no provider has the domain', async () => {
      const { clientId } = await givenPool(['corp.test', 'corp'])
      const others = ['ana@other.test', 'ana@evil.corp.test', 'ana@corp', 'ana@corp.test.', 'ana@', '', '@', `ana@${'a'.repeat(5000)}.test`]
      for (const address of others) {
        const answer = await submit(clientId, address)
        assert.equal(answer.status, 400, address)
        assert.match(answer.text, /No company sign-in is set up for this email address\./)
      }
    })

    it('is not taken from a form of another site', async () => {
      const { clientId } = await givenPool(['corp.test'])
      const path = `/login/corporate?${queryOf(clientId)}`
      const browser = new TestBrowser(server())
      await browser.visit(`/login?${queryOf(clientId)}`)
      for (const _csrf of ['', 'guess']) {
        const answer = await browser.submit(path, { _csrf, corporate_email: 'ana@corp.test' })
        assert.equal(answer.status, 400)
        assert.match(answer.text, /This page has expired/)
      }
      assert.equal((await browser.visit(path)).status, 405)
    })

    it('finds SAML providers only, and only those that the client offers', async () => {
      const { poolId, clientId } = await givenAllProviders(server(), saml, { identifiers: ['fabrikam.test'] })
      const change = { UserPoolId: poolId, ProviderName: 'Contoso', IdpIdentifiers: ['contoso.test'] }
      await server().send(new UpdateIdentityProviderCommand(change))
      assert.equal((await submit(clientId, 'ana@contoso.test')).status, 400)
      const other = await givenAllProviders(server(), saml, {
        identifiers: ['fabrikam.test'],
        client: { SupportedIdentityProviders: ['COGNITO'] },
      })
      assert.equal((await submit(other.clientId, 'ana@fabrikam.test')).status, 400)
    })

    it('is asked for only where each SAML provider has a domain', async () => {
      const pages = [
        { identifiers: ['fabrikam.test'], asks: true },
        { identifiers: ['Team 7', 'fabrikam.test'], asks: true },
        { identifiers: ['Team 7'], asks: false },
        { identifiers: ['localhost'], asks: false },
        { identifiers: ['ana@fabrikam.test'], asks: false },
        { identifiers: [], asks: false },
      ]
      for (const { identifiers, asks } of pages) {
        const { clientId } = await givenAllProviders(server(), saml, { identifiers })
        const { text } = await new TestBrowser(server()).visit(`/login?${queryOf(clientId)}`)
        assert.equal(text.includes('name="corporate_email"'), asks, String(identifiers))
        assert.equal(text.includes('Continue with Fabrikam'), !asks, String(identifiers))
        assert.ok(text.includes('Continue with Contoso'))
      }
    })
  })
}
