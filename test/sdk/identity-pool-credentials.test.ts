import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { CognitoIdentityClient, GetCredentialsForIdentityCommand, GetIdCommand } from '@aws-sdk/client-cognito-identity'
import { CognitoIdentityProviderClient, ListGroupsCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { fromCognitoIdentity, fromCognitoIdentityPool } from '@aws-sdk/credential-providers'
import { engines } from '../support/engines.ts'
import { givenProductionPools } from '../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../support/production-server.ts'

type Provider = ReturnType<typeof fromCognitoIdentity>

for (const engine of engines) {
  describe(`An app with the AWS SDK and an identity pool on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials
    const clients: { destroy(): void }[] = []

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
    })
    after(async () => {
      for (const client of clients) client.destroy()
      await server.close()
    })

    /** Pools whose users may list users and whose guests may list groups. */
    async function givenApp() {
      const pools = await givenProductionPools(server, owner)
      const allow = (Action: string) => [{ Effect: 'Allow', Action, Resource: pools.userPoolArn }]
      const authenticated = await pools.putRole(`user-${pools.clientId}`, allow('cognito-idp:ListUsers'))
      const unauthenticated = await pools.putRole(`guest-${pools.clientId}`, allow('cognito-idp:ListGroups'), { amr: 'unauthenticated' })
      await pools.setRoles({ authenticated, unauthenticated })
      return pools
    }

    const clientConfig = () => ({ endpoint: server.url, region: server.region })

    /** A client of user pools that signs with the credentials of the provider. */
    function clientWith(credentials: Provider) {
      const client = new CognitoIdentityProviderClient({ ...clientConfig(), credentials, maxAttempts: 1 })
      clients.push(client)
      return client
    }

    it('gets an identity and credentials without any credentials of its own', async () => {
      const { identityPoolId: IdentityPoolId, signIn } = await givenApp()
      const Logins = await signIn('ana')
      const client = new CognitoIdentityClient({ ...clientConfig(), maxAttempts: 1 })
      clients.push(client)
      const { IdentityId } = await client.send(new GetIdCommand({ IdentityPoolId, Logins }))
      const answer = await client.send(new GetCredentialsForIdentityCommand({ IdentityId, Logins }))
      assert.equal(answer.IdentityId, IdentityId)
      const { AccessKeyId = '', SecretKey = '', SessionToken = '', Expiration } = answer.Credentials ?? {}
      assert.match(AccessKeyId, /^ASIA/)
      assert.ok(SecretKey.length >= 40 && SessionToken.length > 100)
      assert.equal(Math.round(((Expiration?.getTime() ?? 0) - server.clock.now()) / 60_000), 60)
    })

    it('signs as a guest with fromCognitoIdentityPool', async () => {
      const { identityPoolId, userPoolId: UserPoolId } = await givenApp()
      const client = clientWith(fromCognitoIdentityPool({ identityPoolId, clientConfig: clientConfig() }))
      assert.deepEqual((await client.send(new ListGroupsCommand({ UserPoolId }))).Groups, [])
      await assert.rejects(client.send(new ListUsersCommand({ UserPoolId })), { name: 'AccessDeniedException' })
    })

    it('signs as a user with fromCognitoIdentityPool and the ID token of a user pool', async () => {
      const { identityPoolId, userPoolId: UserPoolId, signIn } = await givenApp()
      const logins = await signIn('ana')
      const client = clientWith(fromCognitoIdentityPool({ identityPoolId, logins, clientConfig: clientConfig() }))
      assert.deepEqual(
        (await client.send(new ListUsersCommand({ UserPoolId }))).Users?.map(({ Username }) => Username),
        ['ana'],
      )
      await assert.rejects(client.send(new ListGroupsCommand({ UserPoolId })), { name: 'AccessDeniedException' })
    })

    it('signs as a known identity with fromCognitoIdentity', async () => {
      const { userPoolId: UserPoolId, signIn, getId } = await givenApp()
      const logins = await signIn('ana')
      const identityId = await getId(logins)
      const client = clientWith(fromCognitoIdentity({ identityId, logins, clientConfig: clientConfig() }))
      assert.equal((await client.send(new ListUsersCommand({ UserPoolId }))).Users?.length, 1)
    })

    it('chooses one of the roles of the token with customRoleArn', async () => {
      const pools = await givenApp()
      const { identityPoolId, userPoolId: UserPoolId } = pools
      const allow = [{ Effect: 'Allow', Action: 'cognito-idp:ListGroups', Resource: pools.userPoolArn }]
      const staff = await pools.putRole(`staff-${pools.clientId}`, allow)
      const none = await pools.putRole(`none-${pools.clientId}`, allow)
      await pools.setRoles(
        { authenticated: none },
        { [`${pools.provider}:${pools.clientId}`]: { Type: 'Token', AmbiguousRoleResolution: 'Deny' } },
      )
      await pools.signIn('ana')
      await pools.addToGroup('ana', 'staff', staff)
      const logins = await pools.tokenOf('ana')
      const providerWith = (customRoleArn: string) =>
        fromCognitoIdentityPool({ identityPoolId, logins, customRoleArn, clientConfig: clientConfig() })
      assert.equal((await clientWith(providerWith(staff)).send(new ListGroupsCommand({ UserPoolId }))).Groups?.length, 1)
      await assert.rejects(clientWith(providerWith(none)).send(new ListGroupsCommand({ UserPoolId })), {
        name: 'NotAuthorizedException',
        message: `Access to Role '${none}' is forbidden.`,
      })
    })
  })
}
