import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { AdminLinkProviderForUserCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { appRequest, givenFederatedPool, providerClient, signInByProvider, tokensFor, usernamesIn } from '../../support/federation.ts'
import { runOpenIdProvider } from '../../support/openid-provider.ts'
import { givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { adminRename, setUsernames } from '../../support/usernames.ts'

for (const engine of engines) {
  describe(`Usernames and identity providers on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    before(() => provider.open({ clients: [providerClient(server())], accounts: [{ sub: 'ana' }] }))

    const byProvider = async (clientId: string) =>
      tokensFor(server(), clientId, await signInByProvider(server(), appRequest(clientId, { identity_provider: 'Corp' }), 'ana'))

    it('do not change for a user who came from a provider', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await setUsernames(server(), poolId, { ChangeableBy: 'USERS' })
      await byProvider(clientId)
      const refused = { name: 'InvalidParameterException', message: /^The user came from an identity provider/ }
      await assert.rejects(adminRename(server(), poolId, 'Corp_ana', 'ana'), refused)
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_ana'])
    })

    it('change for a local user with a linked identity, whom the provider still signs in', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await setUsernames(server(), poolId, { ChangeableBy: 'USERS' })
      const { sub } = await givenUser(server(), poolId, 'local')
      const link = {
        UserPoolId: poolId,
        DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: 'local' },
        SourceUser: { ProviderName: 'Corp', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: 'ana' },
      }
      await server().send(new AdminLinkProviderForUserCommand(link))
      await adminRename(server(), poolId, 'local', 'renamed')
      const { claims, accessToken } = await byProvider(clientId)
      assert.deepEqual([claims.sub, claims['cognito:username']], [sub, 'renamed'])
      assert.ok(accessToken)
      assert.deepEqual(await usernamesIn(server(), poolId), ['renamed'])
    })

    it('do not keep a user of a provider out: a local user can only take such a name beforehand by an administrator', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      await setUsernames(server(), poolId, { ChangeableBy: 'USERS' })
      const { sub } = await givenUser(server(), poolId, 'local')
      await adminRename(server(), poolId, 'local', 'Corp_ana')
      await adminRename(server(), poolId, 'Corp_ana', 'local')
      const { claims } = await byProvider(clientId)
      assert.notEqual(claims.sub, sub)
      assert.match(String(claims['cognito:username']), /^Corp_ana_/)
    })
  })
}
