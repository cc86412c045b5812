import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableProviderForUserCommand,
  AdminGetUserCommand,
  AdminLinkProviderForUserCommand,
  CreateIdentityProviderCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { claimsOf, givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const taken = { name: 'AliasExistsException' }

for (const engine of engines) {
  describe(`linked identities on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenProviders() {
      const ids = await server().givenPool()
      const google = { client_id: 'id', client_secret: 'secret', authorize_scopes: 'openid email' }
      const oidc = { ...google, attributes_request_method: 'GET', oidc_issuer: 'https://idp.example.test' }
      const create = (ProviderName: string, ProviderType: 'Google' | 'OIDC', ProviderDetails: Record<string, string>) =>
        server().send(
          new CreateIdentityProviderCommand({
            UserPoolId: ids.poolId,
            ProviderName,
            ProviderType,
            ProviderDetails,
            AttributeMapping: { email: 'email' },
          }),
        )
      await create('Google', 'Google', google)
      await create('Corp', 'OIDC', oidc)
      await givenUser(server(), ids.poolId, 'ana')
      return ids
    }

    const link = (poolId: string, username: string, provider: string, subject: string, attribute = 'Cognito_Subject') =>
      server().send(
        new AdminLinkProviderForUserCommand({
          UserPoolId: poolId,
          DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: username },
          SourceUser: { ProviderName: provider, ProviderAttributeName: attribute, ProviderAttributeValue: subject },
        }),
      )

    const disable = (poolId: string, provider: string, value: string, attribute = 'Cognito_Subject') =>
      server().send(
        new AdminDisableProviderForUserCommand({
          UserPoolId: poolId,
          User: { ProviderName: provider, ProviderAttributeName: attribute, ProviderAttributeValue: value },
        }),
      )

    const identitiesOf = async (poolId: string, username: string) => {
      const { UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: username }))
      const text = UserAttributes.find(({ Name }) => Name === 'identities')?.Value
      return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>[])
    }

    it('stand in the attribute and in the ID token', async () => {
      const { poolId, clientId } = await givenProviders()
      await link(poolId, 'ana', 'Google', '4711')
      const [identity] = (await identitiesOf(poolId, 'ana')) ?? []
      const expected = { userId: '4711', providerName: 'Google', providerType: 'Google', primary: false }
      assert.deepEqual({ ...identity, dateCreated: undefined }, { ...expected, dateCreated: undefined })
      const [claim] = claimsOf((await givenTokens(server(), clientId, 'ana')).idToken)['identities'] as Record<string, unknown>[]
      assert.deepEqual({ ...claim, dateCreated: undefined }, { ...expected, issuer: null, primary: 'false', dateCreated: undefined })
    })

    it('belong to one user, until they are unlinked', async () => {
      const { poolId } = await givenProviders()
      await givenUser(server(), poolId, 'bob')
      await link(poolId, 'ana', 'Google', '4711')
      await assert.rejects(link(poolId, 'bob', 'Google', '4711'), taken)
      await assert.rejects(link(poolId, 'ana', 'Google', '4711'), taken)
      await disable(poolId, 'Google', '4711')
      assert.equal(await identitiesOf(poolId, 'ana'), undefined)
      await link(poolId, 'bob', 'Google', '4711')
      await assert.rejects(disable(poolId, 'Google', '0815'), { name: 'UserNotFoundException' })
    })

    it('go to one user when two are linked at once', async () => {
      const { poolId } = await givenProviders()
      await givenUser(server(), poolId, 'bob')
      const outcomes = await Promise.allSettled(['ana', 'bob'].map((name) => link(poolId, name, 'Google', '4711')))
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    })

    it('are named by subject, or by what is mapped where the provider is not social', async () => {
      const { poolId } = await givenProviders()
      await link(poolId, 'ana', 'Corp', 'ana@corp.example.test', 'email')
      await disable(poolId, 'Corp', 'ana@corp.example.test', 'email')
      const invalid = { name: 'InvalidParameterException' }
      await assert.rejects(link(poolId, 'ana', 'Corp', 'x', 'name'), invalid)
      await assert.rejects(link(poolId, 'ana', 'Google', 'x', 'email'), invalid)
      await assert.rejects(link(poolId, 'ana', 'Nobody', 'x'), { name: 'ResourceNotFoundException' })
      await assert.rejects(link(poolId, 'nobody', 'Google', 'x'), { name: 'UserNotFoundException' })
    })

    it('are five at most for each user', async () => {
      const { poolId } = await givenProviders()
      for (const subject of ['1', '2', '3', '4', '5']) await link(poolId, 'ana', 'Google', subject)
      await assert.rejects(link(poolId, 'ana', 'Google', '6'), { name: 'LimitExceededException' })
    })

    it('are what is left to a user whose password is taken away', async () => {
      const { poolId, clientId } = await givenProviders()
      await disable(poolId, 'Cognito', 'ana')
      const { UserStatus } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(UserStatus, 'EXTERNAL_PROVIDER')
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { message: 'Incorrect username or password.' })
    })

    it('are no business of another pool', async () => {
      const { poolId } = await givenProviders()
      const other = await givenProviders()
      await link(poolId, 'ana', 'Google', '4711')
      await link(other.poolId, 'ana', 'Google', '4711')
      await disable(poolId, 'Google', '4711')
      assert.equal((await identitiesOf(other.poolId, 'ana'))?.length, 1)
    })
  })
}
