import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AddUserPoolClientSecretCommand,
  DeleteUserPoolClientSecretCommand,
  DescribeUserPoolClientCommand,
  InitiateAuthCommand,
  ListUserPoolClientSecretsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { secretHash } from '../../../src/pools/secret-hash.ts'
import { outcomes } from '../../support/administration.ts'
import { engines } from '../../support/engines.ts'
import { givenUser, goodPassword } from '../../support/sign-in.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'

type ClientKey = { UserPoolId: string; ClientId: string }

/** A new client and its secret. */
async function givenClient(server: TestServer): Promise<{ client: ClientKey; secret: string }> {
  const { poolId, clientId, clientSecret } = await server.givenPool({ client: { GenerateSecret: true } })
  return { client: { UserPoolId: poolId, ClientId: clientId }, secret: clientSecret ?? '' }
}

async function add(server: TestServer, client: ClientKey, ClientSecret?: string) {
  const command = new AddUserPoolClientSecretCommand({ ...client, ...(ClientSecret !== undefined && { ClientSecret }) })
  return (await server.send(command)).ClientSecretDescriptor
}

async function list(server: TestServer, client: ClientKey) {
  const { $metadata, ...answer } = await server.send(new ListUserPoolClientSecretsCommand(client))
  return answer
}

function remove(server: TestServer, client: ClientKey, ClientSecretId: string | undefined) {
  return server.send(new DeleteUserPoolClientSecretCommand({ ...client, ClientSecretId }))
}

function signIn(server: TestServer, { ClientId }: ClientKey, secret: string) {
  const SECRET_HASH = secretHash(secret, 'ana', ClientId)
  const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword, SECRET_HASH }
  return server.send(new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
}

for (const engine of engines) {
  describe(`Client secrets on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are both valid, the old and the new one, until the old one is deleted', async () => {
      const { client, secret: old } = await givenClient(server())
      await givenUser(server(), client.UserPoolId, 'ana')
      const added = await add(server(), client)
      const fresh = added?.ClientSecretValue ?? ''
      assert.match(fresh, /^[0-9a-z]{52}$/)
      for (const secret of [old, fresh]) assert.ok((await signIn(server(), client, secret)).AuthenticationResult)

      const { ClientSecrets: secrets } = await list(server(), client)
      await remove(server(), client, secrets?.[0]?.ClientSecretId)
      await assert.rejects(signIn(server(), client, old), { name: 'NotAuthorizedException' })
      assert.ok((await signIn(server(), client, fresh)).AuthenticationResult)
      const { UserPoolClient: described } = await server().send(new DescribeUserPoolClientCommand(client))
      assert.equal(described?.ClientSecret, fresh)
    })

    it('have distinct ids and show their values once', async () => {
      const { client } = await givenClient(server())
      const added = await add(server(), client)
      const { ClientSecrets: secrets, NextToken } = await list(server(), client)
      assert.equal(NextToken, undefined)
      assert.equal(secrets?.length, 2)
      for (const secret of secrets ?? []) {
        assert.ok(secret.ClientSecretId?.startsWith(`${client.ClientId}--`))
        assert.ok(secret.ClientSecretCreateDate instanceof Date)
        assert.equal(secret.ClientSecretValue, undefined)
      }
      const { ClientSecretValue: _shownOnce, ...rest } = added ?? {}
      assert.deepEqual(secrets?.[1], rest)
      assert.notEqual(secrets?.[0]?.ClientSecretId, secrets?.[1]?.ClientSecretId)
    })

    it('can be chosen by the request; the response does not show them', async () => {
      const { client } = await givenClient(server())
      await givenUser(server(), client.UserPoolId, 'ana')
      const chosen = 'a+secret+of+24+characters'
      assert.deepEqual(Object.keys((await add(server(), client, chosen)) ?? {}).sort(), ['ClientSecretCreateDate', 'ClientSecretId'])
      assert.ok((await signIn(server(), client, chosen)).AuthenticationResult)
    })

    it('are at most two, even after concurrent requests', async () => {
      const { client } = await givenClient(server())
      const answers = await outcomes([1, 2, 3].map(() => add(server(), client)))
      assert.deepEqual(answers, ['LimitExceededException', 'LimitExceededException', 'ok'])
      const message = 'Client secrets cannot exceed limit of 2 secrets.'
      await assert.rejects(add(server(), client), { name: 'LimitExceededException', message })
      assert.equal((await list(server(), client)).ClientSecrets?.length, 2)
    })

    it('are at least one, even after concurrent deletions', async () => {
      const { client } = await givenClient(server())
      await add(server(), client)
      const ids = (await list(server(), client)).ClientSecrets?.map((secret) => secret.ClientSecretId) ?? []
      const answers = await outcomes(ids.map((id) => remove(server(), client, id)))
      assert.deepEqual(answers, ['InvalidParameterException', 'ok'])
      assert.equal((await list(server(), client)).ClientSecrets?.length, 1)
    })

    it('cannot be added with a value that another secret of the client has', async () => {
      const { client, secret } = await givenClient(server())
      await assert.rejects(add(server(), client, secret), { name: 'InvalidParameterException' })
    })

    it('cannot be added to public clients', async () => {
      const { poolId, clientId } = await server().givenPool()
      const client = { UserPoolId: poolId, ClientId: clientId }
      await assert.rejects(add(server(), client), { name: 'InvalidParameterException' })
      assert.deepEqual(await list(server(), client), { ClientSecrets: [] })
    })

    it('cannot be listed, added or deleted through another pool', async () => {
      const { client } = await givenClient(server())
      await add(server(), client)
      const { ClientSecrets: secrets } = await list(server(), client)
      const other = { ...client, UserPoolId: (await server().givenPool()).poolId }
      const gone = { name: 'ResourceNotFoundException', message: `User pool client ${client.ClientId} does not exist.` }
      await assert.rejects(add(server(), other), gone)
      await assert.rejects(list(server(), other), gone)
      await assert.rejects(remove(server(), other, secrets?.[0]?.ClientSecretId), gone)
      assert.deepEqual((await list(server(), client)).ClientSecrets, secrets)
    })

    it('need a client and a pool that exist', async () => {
      const { client } = await givenClient(server())
      const gone = { name: 'ResourceNotFoundException' }
      for (const nowhere of [
        { ...client, ClientId: 'nobody' },
        { ...client, UserPoolId: 'us-east-1_nowhere' },
      ]) {
        await assert.rejects(add(server(), nowhere), gone)
        await assert.rejects(list(server(), nowhere), gone)
        await assert.rejects(remove(server(), nowhere, 'x'), gone)
      }
      await assert.rejects(remove(server(), client, `${client.ClientId}--0`), gone)
    })

    it('are not listed with an unknown page token', async () => {
      const { client } = await givenClient(server())
      const command = new ListUserPoolClientSecretsCommand({ ...client, NextToken: 'x' })
      await assert.rejects(server().send(command), { name: 'InvalidParameterException' })
    })
  })
}
