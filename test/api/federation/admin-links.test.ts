import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  AdminDisableProviderForUserCommand,
  AdminLinkProviderForUserCommand,
  AdminListGroupsForUserCommand,
  AdminSetUserPasswordCommand,
  DeleteGroupCommand,
  DeleteIdentityProviderCommand,
  ListUsersInGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import {
  addProvider,
  appRequest,
  givenFederatedPool,
  givenProvider,
  providerClient,
  readUser,
  signInByProvider,
  tokensFor,
  usernamesIn,
} from '../../support/federation.ts'
import { encode } from '../../support/oauth.ts'
import { runOpenIdProvider } from '../../support/openid-provider.ts'
import { givenUser, goodPassword, signInByPassword } from '../../support/sign-in.ts'
import { locationOf, TestBrowser } from '../../support/test-browser.ts'
import { useTestServer } from '../../support/test-server.ts'

const subject = 'Cognito_Subject'

for (const engine of engines) {
  describe(`AdminLinkProviderForUser and AdminDisableProviderForUser on ${engine.name}`, async () => {
    const server = useTestServer(engine)
    const provider = await runOpenIdProvider()
    const accounts = ['ana', 'ana2', 'Bea'].map((sub) => ({ sub, email: `${sub}@Corp.test`, name: sub, department: 'Sales' }))
    before(() => provider.open({ clients: [providerClient(server())], accounts }))

    async function given() {
      const client = { ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      const more = { AttributeMapping: { email: 'email', name: 'name', nickname: 'department' } }
      const ids = await givenFederatedPool(server(), provider, { client, more })
      const { sub } = await givenUser(server(), ids.poolId, 'local')
      return { ...ids, sub }
    }
    const signIn = async (clientId: string, login: string, name = 'Corp') =>
      (await tokensFor(server(), clientId, await signInByProvider(server(), appRequest(clientId, { identity_provider: name }), login)))
        .claims
    const identity = (value: string, attribute = subject, name = 'Corp') => ({
      ProviderName: name,
      ProviderAttributeName: attribute,
      ProviderAttributeValue: value,
    })
    const link = (UserPoolId: string, SourceUser: object, to: readonly [provider: string, value: string] = ['Cognito', 'local']) =>
      server().send(
        new AdminLinkProviderForUserCommand({
          UserPoolId,
          DestinationUser: { ProviderName: to[0], ProviderAttributeValue: to[1] },
          SourceUser,
        }),
      )
    const unlink = (UserPoolId: string, User: object) => server().send(new AdminDisableProviderForUserCommand({ UserPoolId, User }))

    it('signs in the user who is linked by another attribute, which is compared exactly', async () => {
      const { poolId, clientId, sub } = await given()
      await link(poolId, identity('ana@corp.test', 'email'))
      assert.equal((await signIn(clientId, 'ana'))['cognito:username'], 'Corp_ana')
      await link(poolId, identity('ana2@Corp.test', 'email'))
      assert.equal((await signIn(clientId, 'ana2')).sub, sub)
      const { attributes } = await readUser(server(), poolId, 'local')
      assert.equal(attributes['name'], 'ana2')
      const { Groups } = await server().send(new AdminListGroupsForUserCommand({ UserPoolId: poolId, Username: 'local' }))
      assert.deepEqual(Groups, [])
    })

    it('unlinks, after which the next sign-in makes a user of its own', async () => {
      const { poolId, clientId, sub } = await given()
      await link(poolId, identity('ana'))
      await link(poolId, identity('Bea@Corp.test', 'email'))
      for (const login of ['ana', 'Bea']) assert.equal((await signIn(clientId, login)).sub, sub)
      await signInByPassword(server(), clientId, 'local')
      await unlink(poolId, identity('ana'))
      await unlink(poolId, identity('Bea'))
      for (const login of ['ana', 'Bea']) assert.equal((await signIn(clientId, login))['cognito:username'], `Corp_${login}`)
      assert.equal((await readUser(server(), poolId, 'local')).attributes['identities'], undefined)
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_Bea', 'Corp_ana', 'local'])
    })

    it('unlinks by the subject an identity that was linked by another attribute and has signed in', async () => {
      const { poolId, clientId, sub } = await given()
      await link(poolId, identity('ana@Corp.test', 'email'))
      await assert.rejects(unlink(poolId, identity('ana')), { name: 'UserNotFoundException' })
      assert.equal((await signIn(clientId, 'ana')).sub, sub)
      // The provider gives the address to another of its users: the link does not follow it.
      await provider.setAccounts({ sub: 'ana3', email: 'ana@Corp.test' })
      assert.equal((await signIn(clientId, 'ana3'))['cognito:username'], 'Corp_ana3')
      await unlink(poolId, identity('ana'))
      assert.equal((await signIn(clientId, 'ana'))['cognito:username'], 'Corp_ana')
    })

    it('unlinks by the attribute an identity that has not signed in', async () => {
      const { poolId, clientId } = await given()
      await link(poolId, identity('ana@Corp.test', 'email'))
      await unlink(poolId, identity('ana@Corp.test', 'email'))
      assert.equal((await signIn(clientId, 'ana'))['cognito:username'], 'Corp_ana')
    })

    it('links an identity to a user who came from another provider, and refuses one that has signed in', async () => {
      const { poolId, clientId } = await given()
      await addProvider(server(), provider, { poolId, clientId, name: 'Other' })
      const first = await signIn(clientId, 'ana')
      await assert.rejects(link(poolId, identity('ana')), {
        name: 'InvalidParameterException',
        message: 'Merging is not currently supported, provide a SourceUser that has not been signed up in order to link',
      })
      await link(poolId, identity('ana2', subject, 'Other'), ['Corp', 'ana'])
      assert.equal((await signIn(clientId, 'ana2', 'Other')).sub, first.sub)
      await assert.rejects(link(poolId, identity('ana2', subject, 'Other'), ['Corp', 'ana']), {
        name: 'InvalidParameterException',
        message: 'SourceUser is already linked to DestinationUser',
      })
      await assert.rejects(link(poolId, identity('ana2', subject, 'Other')), { name: 'AliasExistsException' })
      await assert.rejects(link(poolId, identity('Bea'), ['Corp', 'nobody']), { name: 'UserNotFoundException' })
    })

    it('leaves the provider as the only way to sign in when Cognito is disabled for a user', async () => {
      const { poolId, clientId, sub } = await given()
      await link(poolId, identity('ana'))
      await unlink(poolId, identity('local', subject, 'Cognito'))
      await assert.rejects(signInByPassword(server(), clientId, 'local'), { name: 'NotAuthorizedException' })
      assert.equal((await signIn(clientId, 'ana')).sub, sub)
    })

    it('keeps the users of a provider that is deleted, and of its group', async () => {
      const { poolId, clientId } = await given()
      const group = { UserPoolId: poolId, GroupName: `${poolId}_Corp` }
      const first = await signIn(clientId, 'ana')
      await server().send(new DeleteGroupCommand(group))
      assert.equal((await signIn(clientId, 'ana'))['cognito:groups'], undefined)
      assert.deepEqual((await signIn(clientId, 'ana2'))['cognito:groups'], [group.GroupName])
      await server().send(new DeleteIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp' }))
      const refused = new URL(locationOf(await new TestBrowser(server()).visit(`/oauth2/authorize?${encode(appRequest(clientId))}`)))
      assert.equal(refused.searchParams.get('error'), 'invalid_request')
      assert.equal((await readUser(server(), poolId, 'Corp_ana')).attributes['sub'], first.sub)
      await server().send(
        new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'Corp_ana', Password: goodPassword, Permanent: true }),
      )
      await signInByPassword(server(), clientId, 'Corp_ana')
      const { Users = [] } = await server().send(new ListUsersInGroupCommand(group))
      assert.deepEqual(
        Users.map(({ Username }) => Username),
        ['Corp_ana2'],
      )
      await givenProvider(server(), provider, poolId)
      assert.equal((await signIn(clientId, 'ana')).sub, first.sub)
    })
  })
}
