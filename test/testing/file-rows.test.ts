import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, mock } from 'node:test'
import {
  AdminGetUserCommand,
  DeleteUserPoolCommand,
  DescribeIdentityProviderCommand,
  DescribeUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import pg from 'pg'
import { type ApplyingServer, poolsOf, startApplying } from '../support/applying-server.ts'
import { engines } from '../support/engines.ts'
import { columnsSealedUnder, newKeys, rotate, withDatabase } from '../support/master-keys.ts'
import { openOpenIdIssuer } from '../support/openid-issuer.ts'
import { poolFile } from '../support/pool-files.ts'
import { givenTokens } from '../support/sign-in.ts'
import { until } from '../support/until.ts'

const password = 'Correct-horse-9'
const ids = { poolId: 'us-east-1_Kept', clientId: 'kept' }
const secret = 'asecretofthefile0123456789'

const namedPool = (more: object = {}) => ({
  UserPoolId: ids.poolId,
  PoolName: 'kept',
  Clients: [{ ClientId: ids.clientId, ClientName: 'kept', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'] }],
  Users: [{ Username: 'ana', Password: password }],
  ...more,
})

/** The server makes an id for this pool each time that the file is applied, and none when it puts kept rows back. */
const unnamed = { PoolName: 'without an id' }

async function idAfterReset(server: ApplyingServer): Promise<string | undefined> {
  await server.lifeguard.reset()
  return (await poolsOf(server)).get(unnamed.PoolName)
}

const minute = 60_000

for (const engine of engines) {
  describe(`The rows of a pool file on ${engine.name}`, () => {
    it('are used for ten minutes, and not when the time of the machine was set back', async () => {
      await using server = await startApplying(engine, poolFile({ UserPools: [namedPool(), unnamed] }))
      const first = (await poolsOf(server)).get(unnamed.PoolName)
      const start = Date.now()
      mock.timers.enable({ apis: ['Date'], now: start })
      try {
        mock.timers.setTime(start + 9 * minute)
        assert.equal(await idAfterReset(server), first)
        const { UserCreateDate } = await server.send(new AdminGetUserCommand({ UserPoolId: ids.poolId, Username: 'ana' }))
        assert.ok((UserCreateDate?.getTime() ?? 0) > start + 8 * minute, String(UserCreateDate))
        mock.timers.setTime(start + 10 * minute)
        const second = await idAfterReset(server)
        assert.notEqual(second, first)
        assert.equal(await idAfterReset(server), second)
        mock.timers.setTime(start)
        assert.notEqual(await idAfterReset(server), second)
      } finally {
        mock.timers.reset()
      }
      await givenTokens(server, ids.clientId, 'ana', password)
    })

    it('are not kept when they take much memory', async () => {
      const schema = Array.from({ length: 50 }, (_, index) => ({ Name: `big${index}`, AttributeDataType: 'String', Mutable: true }))
      // The same list for all users, so that the file is small.
      const UserAttributes = schema.map(({ Name }) => ({ Name: `custom:${Name}`, Value: 'x'.repeat(2048) }))
      const Users = Array.from({ length: 90 }, (_, index) => ({ Username: `user${index}`, UserAttributes }))
      await using server = await startApplying(engine, poolFile({ UserPools: [namedPool({ Schema: schema, Users }), unnamed] }))
      const before = (await poolsOf(server)).get(unnamed.PoolName)
      assert.notEqual(await idAfterReset(server), before)
    })

    it('are not kept when an identity provider was asked for a part of them', async () => {
      const issuer = await openOpenIdIssuer()
      const publish = (name: string) => {
        const endpoints = ['authorization', 'token', 'userinfo'].map((kind) => [`${kind}_endpoint`, `${issuer.url}/${name}/${kind}`])
        issuer.state.answer = (body) => JSON.stringify({ ...body, ...Object.fromEntries(endpoints) })
      }
      const provider = {
        ProviderName: 'partner',
        ProviderType: 'OIDC',
        ProviderDetails: {
          ...{ oidc_issuer: issuer.url, client_id: 'kept', client_secret: secret },
          ...{ authorize_scopes: 'openid', attributes_request_method: 'GET' },
        },
      }
      publish('first')
      await using server = await startApplying(engine, poolFile({ UserPools: [namedPool({ IdentityProviders: [provider] })] }))
      const tokenUrl = async () => {
        const request = { UserPoolId: ids.poolId, ProviderName: 'partner' }
        return (await server.send(new DescribeIdentityProviderCommand(request))).IdentityProvider?.ProviderDetails?.['token_url']
      }
      assert.equal(await tokenUrl(), `${issuer.url}/first/token`)
      publish('second')
      await server.lifeguard.reset()
      assert.equal(await tokenUrl(), `${issuer.url}/second/token`)
    })

    it('are sealed under the master key that the database has by then', async () => {
      const keys = newKeys()
      const file = poolFile({
        UserPools: [namedPool({ Clients: [{ ClientId: ids.clientId, ClientName: 'kept', ClientSecret: secret }] }), unnamed],
      })
      await using database = await startApplying(engine, file, { flags: ['--master-key', keys.before] })
      await database.lifeguard.reset()
      const flags = ['--master-key', keys.after, '--previous-master-key', keys.before]
      await using server = await startApplying(engine, file, { flags, databaseUrl: database.databaseUrl })
      const kept = await idAfterReset(server)
      await rotate(server.databaseUrl, keys)
      await until(
        'no value under the key before',
        async () => {
          assert.equal(await idAfterReset(server), kept)
          return withDatabase(server.databaseUrl, { masterKey: keys.after }, ({ storage }) => columnsSealedUnder(storage.db, keys.before))
        },
        ({ size }) => size === 0,
      )
      const request = { UserPoolId: ids.poolId, ClientId: ids.clientId }
      const { UserPoolClient: client } = await server.send(new DescribeUserPoolClientCommand(request))
      assert.equal(client?.ClientSecret, secret)
    })
  })
}

describe('The rows of a pool file on PostgreSQL', { skip: !engines.some(({ name }) => name === 'postgres') }, () => {
  it('replace a row that a request stores during the reset', async () => {
    const engine = engines.find(({ name }) => name === 'postgres')
    assert.ok(engine)
    await using server = await startApplying(engine, poolFile({ UserPools: [namedPool()] }))
    await server.send(new DeleteUserPoolCommand({ UserPoolId: ids.poolId }))
    // A transaction sees the activity of the other connections as it was when it first asked.
    const [other, observer] = [new pg.Client(server.databaseUrl), new pg.Client(server.databaseUrl)]
    await Promise.all([other.connect(), observer.connect()])
    try {
      await other.query('begin')
      const columns = 'insert into user_pool (id, name, created_at, updated_at, config)'
      await other.query(`${columns} values ($1, $2, 0, 0, '{}')`, [ids.poolId, randomUUID()])
      const reset = server.lifeguard.reset()
      const waiting = 'select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = $1'
      await until(
        'the reset waits for the row',
        async () => (await observer.query<{ count: number }>(waiting, ['Lock'])).rows[0]?.count,
        (count) => count === 1,
      )
      await other.query('commit')
      await reset
    } finally {
      await Promise.all([other.end(), observer.end()])
    }
    assert.deepEqual([...(await poolsOf(server))], [['kept', ids.poolId]])
    await givenTokens(server, ids.clientId, 'ana', password)
  })
})
