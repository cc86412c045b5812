import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  DeleteUserPoolClientCommand,
  DescribeUserPoolClientCommand,
  UpdateUserPoolClientCommand,
  type UserPoolClientType,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

/**
 * What responses show of a client that was created with only a name, except ids, times and the name. All members were recorded from
 * Cognito, except ClientType.
 */
const defaults: UserPoolClientType = {
  RefreshTokenValidity: 30,
  TokenValidityUnits: {},
  AllowedOAuthFlowsUserPoolClient: false,
  EnableTokenRevocation: true,
  EnablePropagateAdditionalUserContextData: false,
  AuthSessionValidity: 3,
  ClientType: 'REGULAR',
}

/** All members of an app client that can be set together, each with another value than its default. */
const wholeClient = {
  RefreshTokenValidity: 90,
  AccessTokenValidity: 30,
  IdTokenValidity: 3600,
  TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'seconds', RefreshToken: 'hours' },
  ReadAttributes: ['email', 'email_verified', 'custom:team'],
  WriteAttributes: ['email', 'custom:team'],
  ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH', 'ALLOW_USER_AUTH'],
  SupportedIdentityProviders: ['COGNITO'],
  CallbackURLs: ['https://example.test/cb', 'http://localhost:3000/cb', 'http://127.0.0.1/cb', 'http://[::1]:8080/cb', 'myapp://cb'],
  LogoutURLs: ['https://example.test/bye'],
  DefaultRedirectURI: 'https://example.test/cb',
  AllowedOAuthFlows: ['code', 'implicit'],
  AllowedOAuthScopes: ['openid', 'email', 'aws.cognito.signin.user.admin'],
  AllowedOAuthFlowsUserPoolClient: true,
  AnalyticsConfiguration: {
    ApplicationId: 'd70b2ba36a8c4dc5a04a0451a31a1e12',
    RoleArn: 'arn:aws:iam::123456789012:role/analytics',
    ExternalId: 'external',
    UserDataShared: true,
  },
  PreventUserExistenceErrors: 'ENABLED',
  EnableTokenRevocation: false,
  EnablePropagateAdditionalUserContextData: true,
  AuthSessionValidity: 10,
  RefreshTokenRotation: { Feature: 'ENABLED', RetryGracePeriodSeconds: 15 },
} as const satisfies Partial<CreateUserPoolClientCommandInput>

function withoutIdentity(client: UserPoolClientType | undefined): UserPoolClientType {
  const { UserPoolId: _1, ClientId: _2, ClientName: _3, ClientSecret: _4, CreationDate: _5, LastModifiedDate: _6, ...rest } = client ?? {}
  return rest
}

async function givenPool(server: TestServer): Promise<string> {
  const schema = [{ Name: 'team', AttributeDataType: 'String' as const }]
  return (await server.givenPool({ pool: { Schema: schema } })).poolId
}

async function create(server: TestServer, poolId: string, request: Partial<CreateUserPoolClientCommandInput>) {
  const { UserPoolClient: client } = await server.send(
    new CreateUserPoolClientCommand({ UserPoolId: poolId, ClientName: 'app', ...request }),
  )
  assert.ok(client?.ClientId)
  return { ...client, ClientId: client.ClientId }
}

async function describeClient(server: TestServer, poolId: string, clientId: string): Promise<UserPoolClientType | undefined> {
  return (await server.send(new DescribeUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))).UserPoolClient
}

for (const engine of engines) {
  describe(`App clients on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('have the defaults of Cognito', async () => {
      const poolId = await givenPool(server())
      const client = await create(server(), poolId, { ClientName: 'plain' })

      assert.deepEqual(withoutIdentity(client), defaults)
      assert.match(client.ClientId, /^[0-9a-z]{26}$/)
      assert.equal(client.UserPoolId, poolId)
      assert.equal(client.ClientName, 'plain')
      assert.equal(client.ClientSecret, undefined)
      assert.deepEqual(client.CreationDate, client.LastModifiedDate)
      assert.deepEqual(await describeClient(server(), poolId, client.ClientId), client)
    })

    it('show every member as it was sent', async () => {
      const poolId = await givenPool(server())
      const client = await create(server(), poolId, { ...wholeClient, GenerateSecret: true })

      assert.deepEqual(withoutIdentity(client), { ...wholeClient, ClientType: 'REGULAR' })
      assert.match(client.ClientSecret ?? '', /^[0-9a-z]{52}$/)
      assert.deepEqual(await describeClient(server(), poolId, client.ClientId), client)
    })

    it('have the secret that the request names', async () => {
      const poolId = await givenPool(server())
      const secret = 'a+secret+of+24+characters'
      const client = await create(server(), poolId, { ClientSecret: secret })
      assert.equal((await describeClient(server(), poolId, client.ClientId))?.ClientSecret, secret)
    })

    it('treat a refresh token validity of 0 as 30 days, in the unit of the request', async () => {
      const poolId = await givenPool(server())
      const client = await create(server(), poolId, { RefreshTokenValidity: 0, TokenValidityUnits: { RefreshToken: 'hours' } })
      assert.equal(client.RefreshTokenValidity, 720)
      assert.deepEqual(client.TokenValidityUnits, { RefreshToken: 'hours' })
    })

    it('show no list that was empty in the request', async () => {
      const poolId = await givenPool(server())
      const client = await create(server(), poolId, { ReadAttributes: [], CallbackURLs: [], ExplicitAuthFlows: [], AllowedOAuthFlows: [] })
      assert.deepEqual(withoutIdentity(client), defaults)
    })

    it('show a grace period of 0 when the request for refresh token rotation had none', async () => {
      const poolId = await givenPool(server())
      const client = await create(server(), poolId, { RefreshTokenRotation: { Feature: 'DISABLED' } })
      assert.deepEqual(client.RefreshTokenRotation, { Feature: 'DISABLED', RetryGracePeriodSeconds: 0 })
    })

    it('return to the defaults for members that an update does not name, except name and secret', async () => {
      const poolId = await givenPool(server())
      const before = await create(server(), poolId, { ...wholeClient, ClientName: 'keeper', GenerateSecret: true })
      server().clock.advance(1000)
      const { UserPoolClient: after } = await server().send(
        new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId: before.ClientId }),
      )

      assert.deepEqual(withoutIdentity(after), defaults)
      assert.equal(after?.ClientName, 'keeper')
      assert.equal(after?.ClientSecret, before.ClientSecret)
      assert.deepEqual(after?.CreationDate, before.CreationDate)
      assert.ok((after?.LastModifiedDate?.getTime() ?? 0) >= (before.LastModifiedDate?.getTime() ?? 0) + 1000)
      assert.deepEqual(await describeClient(server(), poolId, before.ClientId), after)
    })

    it('change all members that an update names', async () => {
      const poolId = await givenPool(server())
      const before = await create(server(), poolId, { GenerateSecret: true })
      const update = new UpdateUserPoolClientCommand({
        UserPoolId: poolId,
        ClientId: before.ClientId,
        ClientName: 'renamed',
        ...wholeClient,
        CallbackURLs: [...wholeClient.CallbackURLs],
        LogoutURLs: [...wholeClient.LogoutURLs],
        ReadAttributes: [...wholeClient.ReadAttributes],
        WriteAttributes: [...wholeClient.WriteAttributes],
        ExplicitAuthFlows: [...wholeClient.ExplicitAuthFlows],
        SupportedIdentityProviders: [...wholeClient.SupportedIdentityProviders],
        AllowedOAuthFlows: [...wholeClient.AllowedOAuthFlows],
        AllowedOAuthScopes: [...wholeClient.AllowedOAuthScopes],
      })
      const { UserPoolClient: after } = await server().send(update)

      assert.equal(after?.ClientName, 'renamed')
      assert.deepEqual(withoutIdentity(after), { ...wholeClient, ClientType: 'REGULAR' })
    })

    it('cannot be described, changed or deleted through another pool', async () => {
      const poolId = await givenPool(server())
      const other = await givenPool(server())
      const { ClientId } = await create(server(), poolId, {})
      const expected = { name: 'ResourceNotFoundException', message: `User pool client ${ClientId} does not exist.` }
      for (const command of [
        new DescribeUserPoolClientCommand({ UserPoolId: other, ClientId }),
        new UpdateUserPoolClientCommand({ UserPoolId: other, ClientId, ClientName: 'stolen' }),
        new DeleteUserPoolClientCommand({ UserPoolId: other, ClientId }),
      ]) {
        await assert.rejects(server().send(command as DescribeUserPoolClientCommand), expected)
      }
      assert.equal((await describeClient(server(), poolId, ClientId))?.ClientName, 'app')
    })

    it('do not exist after they are deleted', async () => {
      const { poolId, clientId } = await server().givenPool()
      const remove = () => server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      await remove()
      const gone = { name: 'ResourceNotFoundException', message: `User pool client ${clientId} does not exist.` }
      await assert.rejects(remove(), gone)
      await assert.rejects(describeClient(server(), poolId, clientId), gone)
    })

    it('cannot be created, described, changed or deleted in a pool that does not exist', async () => {
      const poolId = 'us-east-1_nowhere'
      const gone = { name: 'ResourceNotFoundException', message: `User pool ${poolId} does not exist.` }
      await assert.rejects(create(server(), poolId, {}), gone)
      await assert.rejects(describeClient(server(), poolId, 'x'), gone)
      await assert.rejects(server().send(new UpdateUserPoolClientCommand({ UserPoolId: poolId, ClientId: 'x' })), gone)
      await assert.rejects(server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: 'x' })), gone)
    })
  })
}
