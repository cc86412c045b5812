import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  DeleteUserPoolClientCommand,
  DeleteUserPoolCommand,
  GetClientTokenCommand,
  GetUserCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { basic, machineClient, requestToken } from '../../support/oauth.ts'
import type { Decision } from '../../support/object-server.ts'
import { givenProductionPools } from '../../support/production-identity-pools.ts'
import { type Credentials, type ProductionServer, startProductionServer } from '../../support/production-server.ts'
import { signedCall } from '../../support/signed-call.ts'

const read = 'https://api.test/read'
const selfService = 'aws.cognito.signin.user.admin'
const access = { Action: 's3:GetObject', Resource: 'arn:aws:s3:::files/a' }

for (const engine of engines) {
  describe(`AuthorizeRequest with the token of an app client without a user on ${engine.name}`, () => {
    let server: ProductionServer
    let owner: Credentials

    before(async () => {
      server = await startProductionServer(engine)
      owner = await server.createKey()
    })
    after(() => server.close())

    const ask = (UserPoolId: string, token: string, more: object = {}): Promise<Decision> =>
      signedCall(server, owner, 'AuthorizeRequest', {
        Method: 'GET',
        Path: '/a',
        Headers: { host: ['files.example'], authorization: [`Bearer ${token}`] },
        UserPoolId,
        ...more,
      })

    /** A pool with a client of its own, and a token of that client for the scope `read`. */
    async function givenMachine() {
      const pools = await givenProductionPools(server, owner)
      const client = server.client(owner)
      const Scopes = ['read', 'write'].map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName }))
      const UserPoolId = pools.userPoolId
      await client.send(new CreateResourceServerCommand({ UserPoolId, Identifier: 'https://api.test', Name: 'api', Scopes }))
      const created = await client.send(new CreateUserPoolClientCommand({ UserPoolId, ClientName: 'machine', ...machineClient }))
      const { ClientId: clientId = '', ClientSecret: secret = '' } = created.UserPoolClient ?? {}
      const authorization = basic(clientId, secret)
      const { body } = await requestToken(server, { grant_type: 'client_credentials', scope: read }, authorization)
      return { pools, client, poolId: UserPoolId, clientId, token: String(body['access_token']) }
    }

    it('says which client it is, and that it is no user', async () => {
      const { poolId, clientId, token } = await givenMachine()
      const { Allowed, Reason, Principal, ExpiresAt } = await ask(poolId, token, { RequiredScopes: [read] })
      assert.deepEqual([Allowed, Reason], [true, 'allowed'])
      assert.deepEqual(Principal, { Type: 'Client', UserPoolId: poolId, ClientId: clientId, Scopes: [read] })
      assert.ok((ExpiresAt ?? 0) * 1000 > server.clock.now())
    })

    it('does the same for a token of GetClientToken', async () => {
      const { poolId, client } = await givenMachine()
      const flows = { ...machineClient, ExplicitAuthFlows: ['ALLOW_CLIENT_TOKEN_AUTH' as never] }
      const created = await client.send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'own', ...flows }))
      const { ClientId = '', ClientSecret: Secret = '' } = created.UserPoolClient ?? {}
      const { ClientAuthenticationResult } = await client.send(new GetClientTokenCommand({ ClientId, Secret }))
      const { Reason, Principal } = await ask(poolId, ClientAuthenticationResult?.AccessToken ?? '', { RequiredScopes: [read] })
      assert.deepEqual([Reason, Principal?.['Type'], Principal?.['ClientId']], ['allowed', 'Client', ClientId])
    })

    it('refuses it where the service asks for a user, another scope, client, group, role or pool', async () => {
      const { poolId, clientId, token } = await givenMachine()
      const other = await givenMachine()
      const cases: [more: object, reason: string][] = [
        [{}, 'InvalidToken'],
        [access, 'InvalidToken'],
        [{ ClientIds: [clientId] }, 'allowed'],
        [{ ClientIds: [other.clientId], RequiredScopes: [read] }, 'InvalidToken'],
        [{ RequiredScopes: [read, 'https://api.test/write'] }, 'not-allowed'],
        [{ RequiredScopes: [selfService] }, 'not-allowed'],
        [{ RequiredScopes: [read], RequiredGroups: ['admins'] }, 'not-allowed'],
        [{ RequiredScopes: [read], ...access }, 'not-allowed'],
        [{ RequiredScopes: [read], UserPoolId: other.poolId }, 'InvalidToken'],
      ]
      for (const [more, reason] of cases) assert.equal((await ask(poolId, token, more)).Reason, reason, JSON.stringify(more))
    })

    it("never takes a user's token for a client's, nor a client's for a user's", async () => {
      const { pools, client, poolId, token } = await givenMachine()
      const signedIn = Object.values(await pools.signIn('ann'))
      assert.ok(signedIn.length > 0)
      for (const ofUser of signedIn) {
        const { Principal } = await ask(poolId, String(ofUser), { ClientIds: [pools.clientId] })
        assert.equal(Principal?.['Type'], 'User')
      }
      await assert.rejects(client.send(new GetUserCommand({ AccessToken: token })), { name: 'NotAuthorizedException' })
      const [head = '', payload = '', signature = ''] = token.split('.')
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
      const changes = [
        { event_id: 'x', username: 'ann' },
        { scope: `${read} https://api.test/write` },
        { sub: pools.clientId, client_id: pools.clientId },
      ]
      for (const change of changes) {
        const forged = Buffer.from(JSON.stringify({ ...claims, ...change })).toString('base64url')
        const { Reason, Principal } = await ask(poolId, `${head}.${forged}.${signature}`, { RequiredScopes: [read] })
        assert.deepEqual([Reason, Principal], ['InvalidToken', undefined], JSON.stringify(change))
      }
    })

    it('refuses it after its expiry, and once its client or its pool is deleted', async () => {
      const required = { RequiredScopes: [read] }
      const late = await givenMachine()
      const clientGone = await givenMachine()
      const poolGone = await givenMachine()
      const reasonOf = async ({ poolId, token }: typeof late) => (await ask(poolId, token, required)).Reason
      for (const each of [late, clientGone, poolGone]) assert.equal(await reasonOf(each), 'allowed')
      await late.client.send(new DeleteUserPoolClientCommand({ UserPoolId: clientGone.poolId, ClientId: clientGone.clientId }))
      await late.client.send(new DeleteUserPoolCommand({ UserPoolId: poolGone.poolId }))
      for (const each of [clientGone, poolGone]) assert.equal(await reasonOf(each), 'InvalidToken')
      server.clock.advance(3_600_001)
      assert.equal(await reasonOf(late), 'ExpiredToken')
    })
  })
}
