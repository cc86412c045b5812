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

type Place = { UserPoolId: string; ClientId: string }

/** A client with a secret, and where to find it. */
async function givenClient(server: TestServer): Promise<{ place: Place; secret: string }> {
  const { poolId, clientId, clientSecret } = await server.givenPool({ client: { GenerateSecret: true } })
  return { place: { UserPoolId: poolId, ClientId: clientId }, secret: clientSecret ?? '' }
}

async function add(server: TestServer, place: Place, ClientSecret?: string) {
  const command = new AddUserPoolClientSecretCommand({ ...place, ...(ClientSecret !== undefined && { ClientSecret }) })
  return (await server.send(command)).ClientSecretDescriptor
}

async function list(server: TestServer, place: Place) {
  const { $metadata, ...answer } = await server.send(new ListUserPoolClientSecretsCommand(place))
  return answer
}

function remove(server: TestServer, place: Place, ClientSecretId: string | undefined) {
  return server.send(new DeleteUserPoolClientSecretCommand({ ...place, ClientSecretId }))
}

function signIn(server: TestServer, { ClientId }: Place, secret: string) {
  const SECRET_HASH = secretHash(secret, 'ana', ClientId)
  const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword, SECRET_HASH }
  return server.send(new InitiateAuthCommand({ ClientId, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters }))
}

for (const engine of engines) {
  describe(`Client secrets on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('are two while one takes the place of the other', async () => {
      const { place, secret: old } = await givenClient(server())
      await givenUser(server(), place.UserPoolId, 'ana')
      const added = await add(server(), place)
      const fresh = added?.ClientSecretValue ?? ''
      assert.match(fresh, /^[0-9a-z]{52}$/)
      for (const secret of [old, fresh]) assert.ok((await signIn(server(), place, secret)).AuthenticationResult)

      const { ClientSecrets: secrets } = await list(server(), place)
      await remove(server(), place, secrets?.[0]?.ClientSecretId)
      await assert.rejects(signIn(server(), place, old), { name: 'NotAuthorizedException' })
      assert.ok((await signIn(server(), place, fresh)).AuthenticationResult)
      const { UserPoolClient: client } = await server().send(new DescribeUserPoolClientCommand(place))
      assert.equal(client?.ClientSecret, fresh)
    })

    it('have ids of their own and show their values once', async () => {
      const { place } = await givenClient(server())
      const added = await add(server(), place)
      const { ClientSecrets: secrets, NextToken } = await list(server(), place)
      assert.equal(NextToken, undefined)
      assert.equal(secrets?.length, 2)
      for (const secret of secrets ?? []) {
        assert.ok(secret.ClientSecretId?.startsWith(`${place.ClientId}--`))
        assert.ok(secret.ClientSecretCreateDate instanceof Date)
        assert.equal(secret.ClientSecretValue, undefined)
      }
      const { ClientSecretValue: _shownOnce, ...rest } = added ?? {}
      assert.deepEqual(secrets?.[1], rest)
      assert.notEqual(secrets?.[0]?.ClientSecretId, secrets?.[1]?.ClientSecretId)
    })

    it('can be brought along, and are not repeated then', async () => {
      const { place } = await givenClient(server())
      await givenUser(server(), place.UserPoolId, 'ana')
      const chosen = 'a+secret+of+24+characters'
      assert.deepEqual(Object.keys((await add(server(), place, chosen)) ?? {}).sort(), ['ClientSecretCreateDate', 'ClientSecretId'])
      assert.ok((await signIn(server(), place, chosen)).AuthenticationResult)
    })

    it('are no more than two, however many ask at once', async () => {
      const { place } = await givenClient(server())
      const answers = await outcomes([1, 2, 3].map(() => add(server(), place)))
      assert.deepEqual(answers, ['LimitExceededException', 'LimitExceededException', 'ok'])
      const message = 'Client secrets cannot exceed limit of 2 secrets.'
      await assert.rejects(add(server(), place), { name: 'LimitExceededException', message })
      assert.equal((await list(server(), place)).ClientSecrets?.length, 2)
    })

    it('are at least one, however many are deleted at once', async () => {
      const { place } = await givenClient(server())
      await add(server(), place)
      const ids = (await list(server(), place)).ClientSecrets?.map((secret) => secret.ClientSecretId) ?? []
      const answers = await outcomes(ids.map((id) => remove(server(), place, id)))
      assert.deepEqual(answers, ['InvalidParameterException', 'ok'])
      assert.equal((await list(server(), place)).ClientSecrets?.length, 1)
    })

    it('differ', async () => {
      const { place, secret } = await givenClient(server())
      await assert.rejects(add(server(), place, secret), { name: 'InvalidParameterException' })
    })

    it('are not for public clients', async () => {
      const { poolId, clientId } = await server().givenPool()
      const place = { UserPoolId: poolId, ClientId: clientId }
      await assert.rejects(add(server(), place), { name: 'InvalidParameterException' })
      assert.deepEqual(await list(server(), place), { ClientSecrets: [] })
    })

    it('cannot be reached from another pool', async () => {
      const { place } = await givenClient(server())
      await add(server(), place)
      const { ClientSecrets: secrets } = await list(server(), place)
      const other = { ...place, UserPoolId: (await server().givenPool()).poolId }
      const gone = { name: 'ResourceNotFoundException', message: `User pool client ${place.ClientId} does not exist.` }
      await assert.rejects(add(server(), other), gone)
      await assert.rejects(list(server(), other), gone)
      await assert.rejects(remove(server(), other, secrets?.[0]?.ClientSecretId), gone)
      assert.deepEqual((await list(server(), place)).ClientSecrets, secrets)
    })

    it('belong to a client and a pool that exist', async () => {
      const { place } = await givenClient(server())
      const gone = { name: 'ResourceNotFoundException' }
      for (const nowhere of [
        { ...place, ClientId: 'nobody' },
        { ...place, UserPoolId: 'us-east-1_nowhere' },
      ]) {
        await assert.rejects(add(server(), nowhere), gone)
        await assert.rejects(list(server(), nowhere), gone)
        await assert.rejects(remove(server(), nowhere, 'x'), gone)
      }
      await assert.rejects(remove(server(), place, `${place.ClientId}--0`), gone)
    })

    it('are not listed by a token that nobody gave', async () => {
      const { place } = await givenClient(server())
      const command = new ListUserPoolClientSecretsCommand({ ...place, NextToken: 'x' })
      await assert.rejects(server().send(command), { name: 'InvalidParameterException' })
    })
  })
}
