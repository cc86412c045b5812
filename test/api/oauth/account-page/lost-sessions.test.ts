import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { AdminGetUserCommand, AdminLinkProviderForUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { accountAt, act, fieldOfEntry, givenAccountPool, redirectOf, signInToAccount } from '../../../support/account-page.ts'
import { engines } from '../../../support/engines.ts'
import { appRequest, givenFederatedPool, providerClient, signInByProvider } from '../../../support/federation.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { encode } from '../../../support/oauth.ts'
import { runOpenIdProvider } from '../../../support/openid-provider.ts'
import { givenUser, goodPassword } from '../../../support/sign-in.ts'
import { agree } from '../../../support/sign-in-triggers.ts'
import { TestBrowser } from '../../../support/test-browser.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { openTriggerEndpoint } from '../../../support/trigger-endpoint.ts'

for (const engine of engines) {
  describe(`A thief whom the user of the account page locks out on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })
    const provider = await runOpenIdProvider()
    before(() => provider.open({ clients: [providerClient(server())], accounts: [{ sub: 'thief', email: 'thief@corp.test' }] }))

    it('loses the browser session of an identity that the user unlinks', async () => {
      const { poolId: UserPoolId, clientId } = await givenFederatedPool(server(), provider)
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId, HostedPages: { AccountPage: true } })
      await givenUser(server(), UserPoolId, 'ana')
      const link = (ProviderAttributeValue: string) => {
        const SourceUser = { ProviderName: 'Corp', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue }
        const DestinationUser = { ProviderName: 'Cognito', ProviderAttributeValue: 'ana' }
        return server().send(new AdminLinkProviderForUserCommand({ UserPoolId, DestinationUser, SourceUser }))
      }
      await link('thief')
      const thief = new TestBrowser(server())
      await signInByProvider(server(), appRequest(clientId), 'thief', thief)
      const silent = `/oauth2/authorize?${encode(appRequest(clientId))}`
      assert.match(redirectOf(await thief.visit(silent)), /[?&]code=/)
      assert.equal((await thief.visit(accountAt(clientId))).status, 200)

      const { browser } = await signInToAccount(server(), clientId)
      const id = fieldOfEntry(await browser.visit(accountAt(clientId, 'links')), 'Corp')
      // The user has an identity of their own at the same provider.
      await link('ana-at-corp')
      assert.equal((await act(browser, accountAt(clientId, 'links'), 'unlink', { id })).status, 200)
      assert.match(redirectOf(await thief.visit(accountAt(clientId))), /^\/login\?/)
      assert.ok(redirectOf(await thief.visit(silent)).startsWith(provider.issuer))
      assert.equal((await browser.visit(accountAt(clientId))).status, 200)
    })

    it('changes nothing with a request that was under way when the user sets another password', async () => {
      let changePassword = async (): Promise<unknown> => undefined
      const triggers = endpoint.given({
        PreUpdateUserAttributes: async (event) => {
          await changePassword()
          return agree(event)
        },
      })
      const { poolId: UserPoolId, clientId } = await givenAccountPool(server())
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId, TriggerFunctions: triggers.triggerFunctions })
      const { browser: thief } = await signInToAccount(server(), clientId)
      const { browser } = await signInToAccount(server(), clientId)
      const passwords = { current_password: goodPassword, password: 'Another-horse-8', confirm_password: 'Another-horse-8' }
      changePassword = async () => {
        assert.equal((await act(browser, accountAt(clientId, 'password'), 'change', passwords)).status, 200)
      }
      const saved = await act(thief, accountAt(clientId, 'profile'), 'save', { 'attribute[name]': 'Thief' })
      assert.match(redirectOf(saved), /^\/login\?/)
      assert.equal(triggers.fired.length, 1)
      const { UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId, Username: 'ana' }))
      assert.equal(
        UserAttributes.find(({ Name }) => Name === 'name'),
        undefined,
      )
      changePassword = async () => undefined
      assert.equal((await act(browser, accountAt(clientId, 'profile'), 'save', { 'attribute[name]': 'Ana' })).status, 200)
    })
  })
}
