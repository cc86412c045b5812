import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CognitoIdentityClient,
  DeleteIdentitiesCommand,
  DeleteIdentityPoolCommand,
  DescribeIdentityCommand,
  GetOpenIdTokenForDeveloperIdentityCommand,
  ListIdentityPoolsCommand,
  SetIdentityPoolRolesCommand,
  SetPrincipalTagAttributeMapCommand,
  UpdateIdentityPoolCommand,
} from '@aws-sdk/client-cognito-identity'
import { ListGroupsCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { signedCall } from '../../support/signed-call.ts'

const denied = { name: 'AccessDeniedException' }
const unrecognized = { name: 'UnrecognizedClientException' }

for (const engine of engines) {
  describe(`Credentials of identities on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
    })
    after(() => server.close())

    /** Pools whose users may list users and whose guests may list groups. */
    async function givenRoles() {
      const pools = await givenProductionPools(server, owner)
      const authenticated = await pools.putRole(`user-${pools.clientId}`, [
        { Effect: 'Allow', Action: 'cognito-idp:ListUsers', Resource: pools.userPoolArn },
      ])
      const unauthenticated = await pools.putRole(
        `guest-${pools.clientId}`,
        [{ Effect: 'Allow', Action: 'cognito-idp:ListGroups', Resource: pools.userPoolArn }],
        { amr: 'unauthenticated' },
      )
      await pools.setRoles({ authenticated, unauthenticated })
      const UserPoolId = pools.userPoolId
      return {
        ...pools,
        roles: { authenticated, unauthenticated },
        listUsers: (credentials: Credentials) => server.client(credentials).send(new ListUsersCommand({ UserPoolId })),
        listGroups: (credentials: Credentials) => server.client(credentials).send(new ListGroupsCommand({ UserPoolId })),
      }
    }

    it('of a user sign what the role of users allows, and nothing else', async () => {
      const { signIn, getId, getCredentials, listUsers, listGroups } = await givenRoles()
      const logins = await signIn('ana')
      const credentials = await getCredentials(await getId(logins), logins)
      assert.match(credentials.accessKeyId, /^ASIA[A-Z2-7]{16}$/)
      assert.equal((await listUsers(credentials)).Users?.length, 1)
      await assert.rejects(listGroups(credentials), denied)
    })

    it('of a guest sign what the role of guests allows, and nothing else', async () => {
      const { getId, getCredentials, listUsers, listGroups } = await givenRoles()
      const credentials = await getCredentials(await getId())
      assert.deepEqual((await listGroups(credentials)).Groups, [])
      await assert.rejects(listUsers(credentials), denied)
    })

    it('follow the policies that the role has at that moment, and end when the role is deleted', async () => {
      const { putRole, clientId, userPoolArn, roles, ...pools } = await givenRoles()
      const logins = await pools.signIn('ana')
      const credentials = await pools.getCredentials(await pools.getId(logins), logins)
      await pools.listUsers(credentials)
      await putRole(`user-${clientId}`, [{ Effect: 'Allow', Action: 'cognito-idp:ListGroups', Resource: userPoolArn }])
      await assert.rejects(pools.listUsers(credentials), denied)
      await pools.listGroups(credentials)
      await signedCall(server, owner, 'DeleteRole', { RoleArn: roles.authenticated })
      await assert.rejects(pools.listGroups(credentials), unrecognized)
      await putRole(`user-${clientId}`, [{ Effect: 'Allow', Action: '*', Resource: '*' }])
      await assert.rejects(pools.listGroups(credentials), unrecognized)
    })

    it('end when the sessions of the role are revoked, and new ones work', async () => {
      const { putRole, clientId, ...pools } = await givenRoles()
      const logins = await pools.signIn('ana')
      const id = await pools.getId(logins)
      const old = await pools.getCredentials(id, logins)
      const all = [{ Effect: 'Allow', Action: '*', Resource: '*' }]
      await putRole(`user-${clientId}`, all, { RevokeSessions: true })
      await assert.rejects(pools.listUsers(old), unrecognized)
      await pools.listUsers(await pools.getCredentials(id, logins))
    })

    it('cannot call operations of identity pools, whatever the role allows', async () => {
      const { putRole, clientId, identityPoolId: IdentityPoolId, ...pools } = await givenRoles()
      await putRole(`user-${clientId}`, [{ Effect: 'Allow', Action: '*', Resource: '*' }])
      const logins = await pools.signIn('ana')
      const IdentityId = await pools.getId(logins)
      const credentials = await pools.getCredentials(IdentityId, logins)
      await pools.listUsers(credentials)
      const client = new CognitoIdentityClient({ endpoint: server.url, region: server.region, credentials, maxAttempts: 1 })
      const Roles = { unauthenticated: pools.roleArn(`user-${clientId}`) }
      await assert.rejects(client.send(new ListIdentityPoolsCommand({ MaxResults: 10 })), denied)
      await assert.rejects(client.send(new DescribeIdentityCommand({ IdentityId })), denied)
      await assert.rejects(client.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles })), denied)
      await assert.rejects(client.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [IdentityId] })), denied)
      const Logins = { shop: 'ben' }
      await assert.rejects(client.send(new GetOpenIdTokenForDeveloperIdentityCommand({ IdentityPoolId, Logins })), denied)
      client.destroy()
    })

    it('end when their identity is deleted, or their identity pool', async () => {
      const { identityPools, identityPoolId: IdentityPoolId, getId, getCredentials, listGroups } = await givenRoles()
      const [one, two] = [await getId(), await getId()]
      const [ofOne, ofTwo] = [await getCredentials(one), await getCredentials(two)]
      await listGroups(ofOne)
      await identityPools.send(new DeleteIdentitiesCommand({ IdentityIdsToDelete: [one] }))
      await assert.rejects(listGroups(ofOne), unrecognized)
      await listGroups(ofTwo)
      await identityPools.send(new DeleteIdentityPoolCommand({ IdentityPoolId }))
      await assert.rejects(listGroups(ofTwo), unrecognized)
    })

    it('carry the principal tags of the login into the policies of the role', async () => {
      const { putRole, clientId, userPoolArn, identityPools, ...pools } = await givenRoles()
      const Condition = { StringEquals: { 'aws:PrincipalTag/name': 'ana' } }
      await putRole(`user-${clientId}`, [{ Effect: 'Allow', Action: 'cognito-idp:ListUsers', Resource: userPoolArn, Condition }])
      const tags = {
        IdentityPoolId: pools.identityPoolId,
        IdentityProviderName: pools.provider,
        PrincipalTags: { name: 'cognito:username' },
      }
      await identityPools.send(new SetPrincipalTagAttributeMapCommand(tags))
      const credentialsOf = async (name: string) => {
        const logins = await pools.signIn(name)
        return pools.getCredentials(await pools.getId(logins), logins)
      }
      await pools.listUsers(await credentialsOf('ana'))
      await assert.rejects(pools.listUsers(await credentialsOf('ben')), denied)
    })

    it('of a developer user come from the default role, with the tags of the token', async () => {
      const { putRole, clientId, userPoolArn, roles, identityPools, identityPoolId: IdentityPoolId, ...pools } = await givenRoles()
      const providers = [{ ProviderName: pools.provider, ClientId: clientId }]
      const pool = { IdentityPoolId, IdentityPoolName: 'customers', AllowUnauthenticatedIdentities: true }
      const update = { ...pool, DeveloperProviderName: 'shop', CognitoIdentityProviders: providers }
      await identityPools.send(new UpdateIdentityPoolCommand(update))
      const Condition = { StringEquals: { 'aws:PrincipalTag/plan': 'gold' } }
      await putRole(`user-${clientId}`, [{ Effect: 'Allow', Action: 'cognito-idp:ListUsers', Resource: userPoolArn, Condition }])
      await pools.setRoles(roles, { [`${pools.provider}:${clientId}`]: { Type: 'Token', AmbiguousRoleResolution: 'Deny' } })
      const tokenWith = async (plan: string) => {
        const request = { IdentityPoolId, Logins: { shop: 'ana' }, PrincipalTags: { plan } }
        return identityPools.send(new GetOpenIdTokenForDeveloperIdentityCommand(request))
      }
      for (const provider of ['cognito-identity.amazonaws.com', 'id.example.test/identity']) {
        const gold = await tokenWith('gold')
        await pools.listUsers(await pools.getCredentials(gold.IdentityId ?? '', { [provider]: gold.Token ?? '' }))
        const free = await tokenWith('free')
        await assert.rejects(pools.listUsers(await pools.getCredentials(free.IdentityId ?? '', { [provider]: free.Token ?? '' })), denied)
      }
    })

    it('end after an hour', async () => {
      await using own = await startProductionServer(engine)
      const key = await own.createKey()
      const pools = await givenProductionPools(own, key)
      const guest = await pools.putRole('guest', [{ Effect: 'Allow', Action: '*', Resource: '*' }], { amr: 'unauthenticated' })
      await pools.setRoles({ unauthenticated: guest })
      const credentials = await pools.getCredentials(await pools.getId())
      own.clock.advance(3599_999)
      await assert.rejects(signedCall(own, credentials, 'ListRoles', {}), denied)
      own.clock.advance(1)
      await assert.rejects(signedCall(own, credentials, 'ListRoles', {}), { name: 'ExpiredTokenException' })
    })
  })
}
