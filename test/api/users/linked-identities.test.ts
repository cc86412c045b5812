import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminDisableProviderForUserCommand,
  AdminGetUserCommand,
  AdminLinkProviderForUserCommand,
  CreateIdentityProviderCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { deleteByAdmin, keepDeletedUsers, restoreUser, sweepAll } from '../../support/deleted-users.ts'
import { engines } from '../../support/engines.ts'
import { claimsOf, givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const takenAlready = { name: 'AliasExistsException' }

for (const engine of engines) {
  describe(`A linked identity on ${engine.name}`, () => {
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

    type Identity = readonly [provider: string, value: string, attribute?: string]

    const writeIdentity = ([provider, value, attribute = 'Cognito_Subject']: Identity) => ({
      ProviderName: provider,
      ProviderAttributeName: attribute,
      ProviderAttributeValue: value,
    })

    const link = (poolId: string, username: string, ...identity: Identity) =>
      server().send(
        new AdminLinkProviderForUserCommand({
          UserPoolId: poolId,
          DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: username },
          SourceUser: writeIdentity(identity),
        }),
      )

    const disable = (poolId: string, ...identity: Identity) =>
      server().send(new AdminDisableProviderForUserCommand({ UserPoolId: poolId, User: writeIdentity(identity) }))

    const identitiesOf = async (poolId: string, username: string) => {
      const { UserAttributes = [] } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: username }))
      const text = UserAttributes.find(({ Name }) => Name === 'identities')?.Value
      return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>[])
    }

    it('is shown in the attribute identities and in the ID token', async () => {
      const { poolId, clientId } = await givenProviders()
      await link(poolId, 'ana', 'Google', '4711')
      const [identity] = (await identitiesOf(poolId, 'ana')) ?? []
      const expected = { userId: '4711', providerName: 'Google', providerType: 'Google', primary: false }
      assert.deepEqual({ ...identity, dateCreated: undefined }, { ...expected, dateCreated: undefined })
      const [claim] = claimsOf((await givenTokens(server(), clientId, 'ana')).idToken)['identities'] as Record<string, unknown>[]
      assert.deepEqual({ ...claim, dateCreated: undefined }, { ...expected, issuer: null, primary: 'false', dateCreated: undefined })
    })

    it('belongs to one user until it is unlinked', async () => {
      const { poolId } = await givenProviders()
      await givenUser(server(), poolId, 'bob')
      await link(poolId, 'ana', 'Google', '4711')
      await assert.rejects(link(poolId, 'bob', 'Google', '4711'), takenAlready)
      await assert.rejects(link(poolId, 'ana', 'Google', '4711'), {
        name: 'InvalidParameterException',
        message: 'SourceUser is already linked to DestinationUser',
      })
      await disable(poolId, 'Google', '4711')
      assert.equal(await identitiesOf(poolId, 'ana'), undefined)
      await link(poolId, 'bob', 'Google', '4711')
      await assert.rejects(disable(poolId, 'Google', '0815'), { name: 'UserNotFoundException' })
    })

    it('goes to only one user when it is linked to two users at the same time', async () => {
      const { poolId } = await givenProviders()
      await givenUser(server(), poolId, 'bob')
      const outcomes = await Promise.allSettled(['ana', 'bob'].map((name) => link(poolId, name, 'Google', '4711')))
      assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    })

    it('can be named by its subject or, if the provider is not social, by another attribute', async () => {
      const { poolId } = await givenProviders()
      await link(poolId, 'ana', 'Corp', 'ana@corp.example.test', 'email')
      await disable(poolId, 'Corp', 'ana@corp.example.test', 'email')
      const invalid = { name: 'InvalidParameterException' }
      await assert.rejects(link(poolId, 'ana', 'Google', 'x', 'email'), invalid)
      await assert.rejects(link(poolId, 'ana', 'Nobody', 'x'), { name: 'ResourceNotFoundException' })
      await assert.rejects(link(poolId, 'nobody', 'Google', 'x'), { name: 'UserNotFoundException' })
    })

    it('is refused for a user who has five linked identities already', async () => {
      const { poolId } = await givenProviders()
      for (const subject of ['1', '2', '3', '4', '5']) await link(poolId, 'ana', 'Google', subject)
      await assert.rejects(link(poolId, 'ana', 'Google', '6'), { name: 'LimitExceededException' })
    })

    it('is not needed to disable the provider Cognito for a user, whose password is then refused', async () => {
      const { poolId, clientId } = await givenProviders()
      await disable(poolId, 'Cognito', 'ana')
      const { UserStatus } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      assert.equal(UserStatus, 'EXTERNAL_PROVIDER')
      await assert.rejects(signInByPassword(server(), clientId, 'ana'), { message: 'Incorrect username or password.' })
    })

    it('comes back with a restored user, and until then can go to another user, who keeps it', async () => {
      const { poolId, clientId } = await givenProviders()
      await keepDeletedUsers(server(), poolId, 30)
      await givenUser(server(), poolId, 'bob')
      await link(poolId, 'ana', 'Google', '4711')
      await link(poolId, 'ana', 'Corp', 'ana@corp.example.test', 'email')
      const before = await identitiesOf(poolId, 'ana')
      const { UserAttributes } = await server().send(new AdminGetUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      const sub = UserAttributes?.find(({ Name }) => Name === 'sub')?.Value ?? ''

      await deleteByAdmin(server(), poolId, 'ana')
      await sweepAll(server())
      await restoreUser(server(), poolId, sub)
      assert.equal(before?.length, 2)
      assert.deepEqual(await identitiesOf(poolId, 'ana'), before)
      for (const [provider, value, attribute] of [
        ['Google', '4711'],
        ['Corp', 'ana@corp.example.test', 'email'],
      ] as const) {
        await assert.rejects(link(poolId, 'bob', provider, value, attribute), takenAlready)
      }
      assert.equal((claimsOf((await givenTokens(server(), clientId, 'ana')).idToken)['identities'] as unknown[]).length, 2)

      await deleteByAdmin(server(), poolId, 'ana')
      await link(poolId, 'bob', 'Google', '4711')
      await assert.rejects(restoreUser(server(), poolId, sub), {
        ...takenAlready,
        message: 'The user cannot be restored, because another user has the identity of an identity provider now.',
      })
      await disable(poolId, 'Google', '4711')
      await restoreUser(server(), poolId, sub)
      assert.deepEqual(await identitiesOf(poolId, 'ana'), before)
      assert.equal(await identitiesOf(poolId, 'bob'), undefined)
    })

    it('is not mixed up with the same identity in another pool', async () => {
      const { poolId } = await givenProviders()
      const other = await givenProviders()
      await link(poolId, 'ana', 'Google', '4711')
      await link(other.poolId, 'ana', 'Google', '4711')
      await disable(poolId, 'Google', '4711')
      assert.equal((await identitiesOf(other.poolId, 'ana'))?.length, 1)
    })
  })
}
