import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  DeleteUserPoolClientCommand,
  InitiateAuthCommand,
  ListUserPoolsCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines, type TestEngine } from '../support/engines.ts'
import { callLifeguard } from '../support/lifeguard-operations.ts'
import { skipWithoutPostgres } from '../support/postgres-stage.ts'
import { startProductionServer } from '../support/production-server.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { until } from '../support/until.ts'
import { withDatabase } from './own-database.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** Two servers on one database. The clock of tests stands still, so cached values never expire: only a notification removes them. */
async function startTwo(engine: TestEngine, urlOfFirst = (url: string): string | Promise<string> => url) {
  const database = await engine.createDatabase()
  const env = { LIFEGUARD_MASTER_KEY: randomBytes(32).toString('base64') }
  const on = async (url: string): Promise<TestServer> =>
    startTestServer({ name: engine.name, createDatabase: async () => ({ url, drop: async () => undefined }) }, { env })
  const one = await on(await urlOfFirst(database.url))
  const other = await on(database.url)
  return {
    one,
    other,
    url: database.url,
    async [Symbol.asyncDispose]() {
      await one.close()
      await other.close()
      await database.drop()
    },
  }
}

async function givenUser(server: TestServer) {
  const { poolId, clientId } = await server.givenPool()
  const user = { UserPoolId: poolId, Username: 'ana' }
  const Password = 'Correct-horse-7'
  await server.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }))
  await server.send(new AdminSetUserPasswordCommand({ ...user, Password, Permanent: true }))
  const signIn = (where: TestServer) =>
    where.send(
      new InitiateAuthCommand({
        AuthFlow: 'USER_PASSWORD_AUTH',
        ClientId: clientId,
        AuthParameters: { USERNAME: 'ana', PASSWORD: Password },
      }),
    )
  return { poolId, clientId, signIn }
}

const nameOf = (error: unknown) => (error as Error).name

for (const engine of engines) {
  describe(`A process that is notified of a change in another process, on ${engine.name}`, () => {
    it('signs with new signing keys before its cache expires', async () => {
      await using servers = await startTwo(engine)
      const { one, other } = servers
      const { poolId, signIn } = await givenUser(one)
      const kids = async (server: TestServer) => {
        const { AuthenticationResult: tokens } = await signIn(server)
        return [tokens?.AccessToken, tokens?.IdToken].map((token = '') => {
          const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }
          return header.kid
        })
      }
      const old = await kids(other)
      await callLifeguard(one, 'RotateSigningKeys', { UserPoolId: poolId })
      const fresh = await kids(one)
      assert.ok(fresh.every((kid) => !old.includes(kid)))
      await until(
        'the other process signs with the new keys',
        () => kids(other),
        (now) => String(now) === String(fresh),
      )
    })

    it('refuses a deleted app client before its cache expires', async () => {
      await using servers = await startTwo(engine)
      const { one, other } = servers
      const { poolId, clientId, signIn } = await givenUser(one)
      await signIn(other)
      await one.send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      const refusal = await until(
        'the other process refuses the client',
        () => signIn(other).then(() => undefined, nameOf),
        (name) => name !== undefined,
      )
      assert.equal(refusal, 'ResourceNotFoundException')
    })

    it('refuses a deleted access key before its cache expires', async () => {
      await using server = await startProductionServer(engine)
      const key = await server.createKey()
      const client = server.client(key)
      await client.send(new ListUserPoolsCommand({ MaxResults: 1 }))
      await server.deleteKey(key.accessKeyId)
      const refusal = await until(
        'the server refuses the key',
        () => client.send(new ListUserPoolsCommand({ MaxResults: 1 })).then(() => undefined, nameOf),
        (name) => name !== undefined,
      )
      assert.equal(refusal, 'UnrecognizedClientException')
    })
  })
}

describe('A process that missed notifications', { skip: skipWithoutPostgres }, () => {
  it('clears its caches when it listens again', async () => {
    const engine = engines.find(({ name }) => name === 'postgres')
    assert.ok(engine)
    let proxy: TcpProxy | undefined
    await using servers = await startTwo(engine, async (url) => {
      proxy = await TcpProxy.start(url)
      return proxy.url
    })
    await using broken = proxy
    const { one, other, url } = servers
    const { poolId, clientId, signIn } = await givenUser(other)
    await signIn(one)

    const letThrough = broken?.holdNew()
    // The listening connection of `other` ends as well. `other` opens a new one, because only `one` connects through the proxy.
    const ended = await withDatabase(url, (client) =>
      client.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'`),
    )
    assert.equal(ended.rowCount, 2)
    await other.send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
    await signIn(one)
    letThrough?.()
    const refusal = await until(
      'the process refuses the client',
      () => signIn(one).then(() => undefined, nameOf),
      (name) => name !== undefined,
    )
    assert.equal(refusal, 'ResourceNotFoundException')
  })
})
