import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolDomainCommand,
  DeleteUserPoolCommand,
  DeleteUserPoolDomainCommand,
  DescribeUserPoolCommand,
  ListUserPoolClientsCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { operations } from '../../../src/operations.ts'
import { createPoolRemoval } from '../../../src/pools/pool-deletion-repository.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { insertUser } from '../../../src/users/user-repository.ts'
import { engines } from '../../support/engines.ts'
import { rowsOfPool } from '../../support/pool-rows.ts'
import { givenUser } from '../../support/sign-in.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'
import { codeOf } from '../generator/answers.ts'
import { goodRequest } from '../generator/good-requests.ts'
import { send } from '../generator/send.ts'
import { prepareWorld } from '../generator/world.ts'
import { testPool } from '../messaging/messaging-setup.ts'
import { testUser } from '../tokens/sessions/test-user.ts'

async function openDatabaseOf(server: TestServer) {
  const storage = await openStorage({ url: server.databaseUrl })
  return Object.assign(storage, { [Symbol.asyncDispose]: () => storage.close() })
}

async function deletePool(server: TestServer, poolId: string): Promise<void> {
  const { UserPool: pool } = await server.send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
  for (const Domain of [pool?.Domain, pool?.CustomDomain]) {
    if (Domain !== undefined) await server.send(new DeleteUserPoolDomainCommand({ UserPoolId: poolId, Domain }))
  }
  const deadline = performance.now() + 60_000
  // A running import prevents the deletion, but ends by itself.
  for (let isImporting = true; isImporting && performance.now() < deadline; ) {
    isImporting = await server.send(new DeleteUserPoolCommand({ UserPoolId: poolId })).then(
      () => false,
      (error: Error) => error.name === 'UserImportInProgressException' || Promise.reject(error),
    )
  }
}

async function poolIds(server: TestServer): Promise<string[]> {
  const { UserPools = [] } = await server.send(new ListUserPoolsCommand({ MaxResults: 60 }))
  return UserPools.map(({ Id = '' }) => Id)
}

async function clientIdsOf(server: TestServer, poolId: string): Promise<string[]> {
  const { UserPoolClients = [] } = await server.send(new ListUserPoolClientsCommand({ UserPoolId: poolId, MaxResults: 60 }))
  return UserPoolClients.map(({ ClientId = '' }) => ClientId)
}

for (const engine of engines) {
  describe(`A deleted pool on ${engine.name}`, () => {
    it('does not exist for any operation while its rows are still stored', async () => {
      await using server = await startTestServer(engine)
      const world = await prepareWorld(server)
      const requests = []
      for (const { name } of operations) requests.push({ name, request: await goodRequest(name, world) })
      const ids = await poolIds(server)
      const clientIds = (await Promise.all(ids.map((id) => clientIdsOf(server, id)))).flat()
      for (const id of ids) await deletePool(server, id)

      await using storage = await openDatabaseOf(server)
      const left = await Promise.all(ids.map((id) => rowsOfPool(storage.db, id)))
      assert.ok(left.filter(({ user = 0 }) => user > 0).length > 2, 'the users are still there')
      const answered: string[] = []
      let asked = 0
      for (const { name, request } of requests) {
        const text = JSON.stringify(request)
        const isPublic = Object.hasOwn(request as object, 'AccessToken') || name === 'RevokeToken'
        if (!isPublic && ![...ids, ...clientIds].some((id) => text.includes(id))) continue
        asked++
        const answer = await send(server, name, request)
        const refusals = isPublic ? ['NotAuthorizedException', 'UnauthorizedException'] : ['ResourceNotFoundException']
        if (!refusals.includes(codeOf(answer))) answered.push(`${name}: ${answer.text}`)
      }
      // The responses for a domain that does not exist.
      const noDomain = '{"__type":"InvalidParameterException","message":"No such domain or user pool exists."}'
      // The responses of identity pools, for a token of a deleted pool.
      const noProvider = '{"__type":"NotAuthorizedException","message":"Token is not from a supported provider of this identity pool."}'
      assert.deepEqual(answered, [
        'DescribeUserPoolDomain: {"DomainDescription":{}}',
        `UpdateUserPoolDomain: ${noDomain}`,
        `DeleteUserPoolDomain: ${noDomain}`,
        `GetId: ${noProvider}`,
        `GetOpenIdToken: ${noProvider}`,
        `GetCredentialsForIdentity: ${noProvider}`,
        `UnlinkIdentity: ${noProvider}`,
      ])
      assert.ok(asked > 100, `${asked} operations were asked`)
      assert.deepEqual(await poolIds(server), [])
      for (const id of ids) {
        for (const document of ['jwks.json', 'openid-configuration']) {
          assert.equal((await fetch(`${server.url}/${id}/.well-known/${document}`)).status, 404)
        }
      }
      assert.deepEqual(await server.inbox(), [])
    })

    it('is swept a second time, for requests that ended after the first sweep', async () => {
      await using server = await startTestServer(engine)
      const { poolId } = await server.givenPool()
      const other = await server.givenPool()
      for (const pool of [poolId, other.poolId]) await givenUser(server, pool, 'ana')
      // The first keys of a pool are created in the background. This request waits for them, so that no row is added later.
      await fetch(`${server.url}/${other.poolId}/.well-known/jwks.json`)
      await deletePool(server, poolId)
      await using storage = await openDatabaseOf(server)
      const { db } = storage
      const kept = await rowsOfPool(db, other.poolId)
      const remove = createPoolRemoval()
      const sweepAt = async (now: number) => {
        while (await db.transaction().execute((tx) => remove(tx, now)));
      }
      await sweepAt(server.clock.now())
      assert.deepEqual(await rowsOfPool(db, poolId), {})
      await db.transaction().execute((tx) => insertUser(tx, testPool(), testUser({ poolId, sub: 'late' })))
      assert.notDeepEqual(await rowsOfPool(db, poolId), {})
      await sweepAt(server.clock.now() + 86_400_000)
      assert.deepEqual(await rowsOfPool(db, poolId), {})
      assert.deepEqual(await db.selectFrom('deleted_pool').selectAll().execute(), [])
      assert.deepEqual(await rowsOfPool(db, other.poolId), kept)
    })

    it('releases its domain before its rows are removed', async () => {
      await using server = await startTestServer(engine)
      const [first, second] = [await server.givenPool(), await server.givenPool()]
      await server.send(new CreateUserPoolDomainCommand({ UserPoolId: first.poolId, Domain: 'mine' }))
      await deletePool(server, first.poolId)
      await server.send(new CreateUserPoolDomainCommand({ UserPoolId: second.poolId, Domain: 'mine' }))
    })
  })
}
