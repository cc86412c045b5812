import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { createSecrets } from '../../src/base/secrets.ts'
import type { AppClient } from '../../src/pools/app-client.ts'
import { deleteAppClient, findAppClient, insertAppClient, listAppClients, lockAppClient } from '../../src/pools/app-client-repository.ts'
import { readNewClient } from '../../src/pools/app-client-wire.ts'
import type { Pool } from '../../src/pools/pool.ts'
import { createPoolCatalog } from '../../src/pools/pool-catalog.ts'
import { createPoolRemoval, markPoolDeleted } from '../../src/pools/pool-deletion-repository.ts'
import { countUsersUpTo, findPool, insertPool, updatePool } from '../../src/pools/pool-repository.ts'
import { putResource } from '../../src/pools/pool-resource-repository.ts'
import { readNewPool } from '../../src/pools/pool-wire.ts'
import { riskConfigurations } from '../../src/pools/risk/risk-configuration.ts'
import { uiCustomizations } from '../../src/pools/ui-customization/ui-customization.ts'
import { openStorage, type Storage } from '../../src/storage/open-storage.ts'
import { engines, type TestEngine } from '../support/engines.ts'

const secrets = createSecrets(randomBytes(32))
const guarded = { addOns: { advancedSecurityMode: 'ENFORCED', customAuthMode: undefined } } as const
const nothing = { compromised: undefined, takeover: undefined, exceptions: undefined }
const secret = { id: 'a--0', value: 'a+secret+of+24+characters', createdAt: 0 }

function draftPool(id: string): Pool {
  return readNewPool({ PoolName: `pool ${id}`, UserPoolTags: { a: '1' } }, { id, now: 1 })
}

function draftClient(pool: Pool, id: string): AppClient {
  return readNewClient({ UserPoolId: pool.id, ClientName: 'app', GenerateSecret: true }, { id, pool, secrets: [secret], now: 1 })
}

async function withStorage(engine: TestEngine, use: (storage: Storage, url: string) => Promise<void>): Promise<void> {
  const database = await engine.createDatabase()
  const storage = await openStorage({ url: database.url })
  try {
    await storage.migrate()
    await use(storage, database.url)
  } finally {
    await storage.close()
    await database.drop()
  }
}

for (const engine of engines) {
  describe(`Pools and app clients in the database, on ${engine.name}`, () => {
    it('are stored with sealed secrets and read back unchanged', () =>
      withStorage(engine, async ({ db }) => {
        const pool = draftPool('us-east-1_a')
        const client = draftClient(pool, 'client-a')
        await insertPool(db, pool)
        await insertAppClient(db, secrets, client)

        // JSON omits undefined members. Missing and undefined members mean the same.
        assert.deepEqual(JSON.parse(JSON.stringify(await findPool(db, pool.id))), JSON.parse(JSON.stringify(pool)))
        assert.deepEqual((await findAppClient(db, secrets, client.id))?.secrets, [secret])
        const { config } = await db.selectFrom('app_client').select('config').executeTakeFirstOrThrow()
        assert.ok(!config.includes(secret.value))
        await assert.rejects(findAppClient(db, createSecrets(randomBytes(32)), client.id))
      }))

    it('are not found, locked or deleted through another pool', () =>
      withStorage(engine, async ({ db }) => {
        const [mine, other] = [draftPool('us-east-1_a'), draftPool('us-east-1_b')]
        const client = draftClient(mine, 'client-a')
        await insertPool(db, mine)
        await insertPool(db, other)
        await insertAppClient(db, secrets, client)

        assert.deepEqual(await listAppClients(db, other.id, { after: undefined, limit: 9 }), [])
        assert.equal(await deleteAppClient(db, other.id, client.id), undefined)
        await db.transaction().execute(async (tx) => {
          assert.equal(await lockAppClient(tx, secrets, other.id, client.id), undefined)
          assert.equal(await markPoolDeleted(tx, other.id, 1), true)
          assert.equal(await markPoolDeleted(tx, other.id, 1), false)
        })
        assert.equal((await findAppClient(db, secrets, client.id))?.id, client.id)
        assert.equal((await findPool(db, mine.id))?.id, mine.id)
      }))

    it('are removed with all their rows except audit records; rows of other pools stay', () =>
      withStorage(engine, async ({ db }) => {
        const tables = (await db.introspection.getTables()).filter(({ columns }) => columns.some(({ name }) => name === 'pool_id'))
        for (const pool of ['us-east-1_a', 'us-east-1_b']) {
          await insertPool(db, draftPool(pool))
          for (const { name, columns } of tables) {
            const values = columns.map((column) => [column.name, /int/i.test(column.dataType) ? 1 : 'x'])
            // Columns whose values must be unique over all pools get the id of the pool.
            const row = { ...Object.fromEntries(values), id: pool, domain: pool, slot: pool, pool_id: pool }
            for (const name of ['id', 'domain', 'slot']) {
              if (!columns.some((column) => column.name === name)) delete row[name]
            }
            await db
              .insertInto(name as 'user')
              .values(row)
              .execute()
          }
        }
        await db.transaction().execute((tx) => markPoolDeleted(tx, 'us-east-1_a', 1))
        const remove = createPoolRemoval()
        for (const now of [1, 86_400_000]) while (await db.transaction().execute((tx) => remove(tx, now)));

        assert.ok(tables.length > 5)
        assert.deepEqual(await db.selectFrom('deleted_pool').selectAll().execute(), [])
        for (const { name } of tables) {
          const remaining = await db
            .selectFrom(name as 'user')
            .select('pool_id')
            .execute()
          const expected = name === 'audit_record' ? ['us-east-1_a', 'us-east-1_b'] : ['us-east-1_b']
          assert.deepEqual(remaining.map((row) => row.pool_id).sort(), expected, name)
        }
      }))

    it('have a count of their own users that stops at the given limit', () =>
      withStorage(engine, async ({ db }) => {
        const user = { username: 'u', status: 'CONFIRMED', enabled: 1, attributes: '{}', created_at: 1, updated_at: 1 }
        const row = (pool_id: string, sub: string) => ({
          ...user,
          pool_id,
          sub,
          password: null,
          password_expires_at: null,
          signed_out_at: null,
        })
        await db
          .insertInto('user')
          .values([row('p', '1'), row('p', '2'), row('p', '3'), row('q', '4')])
          .execute()

        assert.equal(await countUsersUpTo(db, 'p', 9), 3)
        assert.equal(await countUsersUpTo(db, 'p', 2), 2)
        assert.equal(await countUsersUpTo(db, 'none', 9), 0)
      }))
  })

  describe(`The pool catalog on ${engine.name}`, () => {
    it('caches pools and clients until they are invalidated', () =>
      withStorage(engine, async ({ db, publish, subscribe }) => {
        const catalog = createPoolCatalog({ db, secrets, clock: { now: () => 0 }, publish, subscribe })
        const pool = draftPool('us-east-1_a')
        await insertPool(db, pool)
        await insertAppClient(db, secrets, draftClient(pool, 'client-a'))
        assert.equal((await catalog.getClientOfPool(pool.id, 'client-a')).client.name, 'app')

        await db.transaction().execute((tx) => updatePool(tx, { ...pool, name: 'renamed' }))
        await deleteAppClient(db, pool.id, 'client-a')
        assert.equal((await catalog.getClient('client-a')).pool.name, pool.name)
        await catalog.invalidate(pool.id)
        assert.equal((await catalog.getPool(pool.id)).name, 'renamed')
        assert.equal(await catalog.findClient('client-a'), undefined)
        catalog.close()
      }))

    it('reads the look of a client once, until the pool is invalidated', () =>
      withStorage(engine, async ({ db, publish, subscribe }) => {
        const catalog = createPoolCatalog({ db, secrets, clock: { now: () => 0 }, publish, subscribe })
        const [pool, other] = [draftPool('us-east-1_a'), draftPool('us-east-1_b')]
        await insertPool(db, pool)
        await insertAppClient(db, secrets, draftClient(pool, 'client-a'))
        const look = await catalog.findLookOf('client-a')
        assert.equal(look?.poolId, pool.id)
        const customization = { id: 'ALL', createdAt: 1, updatedAt: 1, config: { css: '.label-customizable{color:red}', logo: undefined } }
        await putResource(db, pool.id, uiCustomizations, customization)
        await catalog.invalidate(other.id)
        assert.equal(await catalog.findLookOf('client-a'), look)
        await catalog.invalidate(pool.id)
        assert.equal((await catalog.findLookOf('client-a'))?.classic?.ownerId, 'ALL')
        assert.equal(await catalog.findLookOf('client-b'), undefined)
        catalog.close()
      }))

    it('finds the risk settings of the client, or else of the pool, and reads them once until the pool is invalidated', () =>
      withStorage(engine, async ({ db, publish, subscribe }) => {
        const catalog = createPoolCatalog({ db, secrets, clock: { now: () => 0 }, publish, subscribe })
        const [pool, other] = [{ ...draftPool('us-east-1_a'), ...guarded }, draftPool('us-east-1_b')]
        await insertPool(db, pool)
        const configure = (id: string, action: 'BLOCK' | 'NO_ACTION') => {
          const config = { ...nothing, compromised: { events: ['SIGN_IN'] as const, action } }
          return putResource(db, pool.id, riskConfigurations, { id, createdAt: 1, updatedAt: 1, config })
        }
        const actionOf = async (id: string) => (await catalog.findRiskOf(pool, { id }))?.compromised?.action
        assert.deepEqual(await catalog.findRiskOf(pool, { id: 'client-a' }), nothing)
        await configure('ALL', 'BLOCK')
        await configure('client-b', 'NO_ACTION')
        assert.equal(await actionOf('client-a'), undefined)
        await catalog.invalidate(other.id)
        assert.equal(await actionOf('client-a'), undefined)
        await catalog.invalidate(pool.id)
        assert.deepEqual([await actionOf('client-a'), await actionOf('client-b')], ['BLOCK', 'NO_ACTION'])
        assert.equal(await catalog.findRiskOf({ ...other, addOns: undefined }, { id: 'client-a' }), undefined)
        catalog.close()
      }))

    it('never queries the database for the risk settings of a pool without threat protection', () =>
      withStorage(engine, async ({ db, publish, subscribe }) => {
        const catalog = createPoolCatalog({ db, secrets, clock: { now: () => 0 }, publish, subscribe })
        const pool = draftPool('us-east-1_a')
        await db.schema.dropTable('pool_resource').execute()
        assert.equal(await catalog.findRiskOf(pool, { id: 'client-a' }), undefined)
        await assert.rejects(catalog.findRiskOf({ ...pool, ...guarded }, { id: 'client-a' }))
        catalog.close()
      }))

    it('throws for a pool or client that does not exist, and for a client of another pool', () =>
      withStorage(engine, async ({ db, publish, subscribe }) => {
        const catalog = createPoolCatalog({ db, secrets, clock: { now: () => 0 }, publish, subscribe })
        const [mine, other] = [draftPool('us-east-1_a'), draftPool('us-east-1_b')]
        const code = 'ResourceNotFoundException'
        await assert.rejects(catalog.getPool(mine.id), { code, message: `User pool ${mine.id} does not exist.` })
        await insertPool(db, mine)
        await insertPool(db, other)
        assert.equal((await catalog.getPool(mine.id)).id, mine.id)

        await assert.rejects(catalog.getClient('client-a'), { code, message: 'User pool client client-a does not exist.' })
        await insertAppClient(db, secrets, draftClient(mine, 'client-a'))
        assert.equal((await catalog.getClient('client-a')).pool.id, mine.id)
        await assert.rejects(catalog.getClientOfPool(other.id, 'client-a'), { code, message: 'User pool client client-a does not exist.' })
        await assert.rejects(catalog.getClientOfPool('us-east-1_none', 'client-a'), { message: 'User pool us-east-1_none does not exist.' })
        catalog.close()
      }))

    const otherProcess = engine.name === 'sqlite' ? 'processes that share a file notice changes only when their caches expire' : false
    it('drops a cached pool when another process has changed it', { skip: otherProcess }, () =>
      withStorage(engine, async (storage, url) => {
        const pool = draftPool('us-east-1_a')
        await insertPool(storage.db, pool)
        const other = await openStorage({ url })
        try {
          const clock = { now: () => 0 }
          const here = createPoolCatalog({ db: storage.db, secrets, clock, publish: storage.publish, subscribe: storage.subscribe })
          const there = createPoolCatalog({ db: other.db, secrets, clock, publish: other.publish, subscribe: other.subscribe })
          const events = new EventTarget()
          const change = once(events, 'change')
          other.subscribe('pool_changed', () => events.dispatchEvent(new Event('change')))
          assert.equal((await there.getPool(pool.id)).name, pool.name)
          await storage.db.transaction().execute((tx) => updatePool(tx, { ...pool, name: 'renamed' }))
          await here.invalidate(pool.id)
          await change
          assert.equal((await there.getPool(pool.id)).name, 'renamed')
          here.close()
          there.close()
        } finally {
          await other.close()
        }
      }),
    )
  })
}
