import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sealedTables } from '../../../src/sealed-tables.ts'
import type { Db } from '../../../src/storage/db.ts'
import { type ResealPass, resealTable } from '../../../src/storage/reseal-table.ts'
import { engines, type TestEngine } from '../../support/engines.ts'
import { columnsSealedUnder, envOf, newKeys, rotate, withDatabase } from '../../support/master-keys.ts'
import { insertManyUsers } from '../../support/pool-rows.ts'
import { compileCache, moduleCache } from '../../support/run-cache.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const worker = fileURLToPath(new URL('rotation-worker.ts', import.meta.url))
const manyUsers = 1200
const asKey = (key: string) => Buffer.from(key, 'base64')

/** A server that has both master keys and many users. The change of the master key has not begun. */
async function givenServer(engine: TestEngine) {
  const keys = newKeys()
  const server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: keys.before } })
  const ids = await server.givenPool()
  await withDatabase(server.databaseUrl, { masterKey: keys.before }, async ({ storage: { db }, secrets }) => {
    await insertManyUsers(db, ids.poolId, manyUsers)
    await db.transaction().execute(async (tx) => {
      for (const { sub } of await tx.selectFrom('user').select('sub').execute()) {
        const password = secrets.seal('password', Buffer.alloc(400, 1), `${ids.poolId}/${sub}`)
        await tx.updateTable('user').set({ password }).where('pool_id', '=', ids.poolId).where('sub', '=', sub).execute()
      }
    })
  })
  await givenUser(server, ids.poolId, 'ana')
  await server.restart({ masterKey: asKey(keys.after), previousMasterKey: asKey(keys.before) })
  return Object.assign(server, { keys, ids })
}

type Given = Awaited<ReturnType<typeof givenServer>>

const inDatabase = <T>({ databaseUrl, keys }: Given, use: (db: Db) => Promise<T>) =>
  withDatabase(databaseUrl, { masterKey: keys.after, previous: keys.before }, ({ storage }) => use(storage.db))
const leftUnder = (given: Given, key: string) => inDatabase(given, (db) => columnsSealedUnder(db, key))
const changeUnderWay = (given: Given) =>
  inDatabase(given, (db) => db.selectFrom('installation').select('name').where('name', '=', 'master-key-change').execute())

/** Creates users and signs them in until `until` is settled. Returns the number of created users. */
async function workUntil(server: TestServer, { poolId, clientId }: Given['ids'], until: Promise<unknown>): Promise<number> {
  let ended = false
  until.finally(() => {
    ended = true
  })
  let count = 0
  while (!ended) {
    await givenUser(server, poolId, `new-${count}`)
    await givenTokens(server, clientId, `new-${count++}`)
    await givenTokens(server, clientId, 'ana')
  }
  return count
}

/** Changes the master key in a process that is killed after it has sealed some rows anew. */
async function rotateUntilKilled({ databaseUrl, keys }: Given): Promise<void> {
  const env = envOf(databaseUrl, { masterKey: keys.after, previous: keys.before })
  const child = spawn(process.execPath, [...moduleCache, worker], {
    env: { ...compileCache, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(child.stdout)) if (line === 'in the middle') child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL')
}

for (const engine of engines) {
  describe(`A change of the master key in progress on ${engine.name}`, () => {
    it('lets servers with both keys continue, and seals anew what these servers store meanwhile', { timeout: 120_000 }, async () => {
      await using server = await givenServer(engine)
      // Waits ten seconds for the servers, as the real command does. Each server looks for a new key every two seconds, so that is enough.
      const rotation = rotate(server.databaseUrl, server.keys, 10_000)
      const [count] = await Promise.all([workUntil(server, server.ids, rotation), rotation])
      assert.ok(count > 0)
      assert.deepEqual(await leftUnder(server, server.keys.before), new Set())
      await server.restart({ previousMasterKey: undefined })
      await givenTokens(server, server.ids.clientId, `new-${count - 1}`)
      await givenTokens(server, server.ids.clientId, 'ana')
    })

    it('loses nothing when killed, lets servers continue, and is finished by two simultaneous runs', { timeout: 120_000 }, async () => {
      await using server = await givenServer(engine)
      const { keys } = server
      await rotateUntilKilled(server)
      assert.ok((await leftUnder(server, keys.before)).has('user.password'))
      assert.ok((await leftUnder(server, keys.after)).has('signing_key.sealed_private_key'))
      assert.equal((await changeUnderWay(server)).length, 1)
      await server.restart()
      await givenTokens(server, server.ids.clientId, 'ana')

      const rotations = await Promise.all([rotate(server.databaseUrl, keys), rotate(server.databaseUrl, keys)])
      assert.ok(rotations.every(({ unreadable }) => unreadable.length === 0))
      assert.deepEqual(await leftUnder(server, keys.before), new Set())
      assert.deepEqual(await changeUnderWay(server), [])
      await server.restart({ previousMasterKey: undefined })
      await givenTokens(server, server.ids.clientId, 'ana')
    })

    it('does not overwrite a password that is set after its row was read', async () => {
      await using server = await givenServer(engine)
      const { databaseUrl, keys } = server
      const users = sealedTables.filter(({ table }) => table === 'user')
      await withDatabase(databaseUrl, { masterKey: keys.after, previous: keys.before }, async ({ storage: { db }, secrets, keyRing }) => {
        keyRing.adopt(keyRing.recordForCurrent())
        const pass: ResealPass = { stale: 0, resealed: 0, unreadable: [] }
        let isSet = false
        const requireKey = async (tx: Parameters<Parameters<typeof resealTable>[0]['requireKey']>[0]) => {
          if (isSet) return
          isSet = true
          await tx.updateTable('user').set({ password: 'set meanwhile' }).where('sub', '=', 'sub-000000003').execute()
        }
        for (const table of users) await resealTable({ db, secrets, requireKey, afterBatch: async () => undefined }, table, pass)
        assert.equal(pass.stale, manyUsers + 1)
        assert.equal(pass.resealed, manyUsers)
        const row = await db.selectFrom('user').select('password').where('sub', '=', 'sub-000000003').executeTakeFirst()
        assert.equal(row?.password, 'set meanwhile')
      })
    })
  })
}
