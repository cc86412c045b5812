import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/base/clock.ts'
import { tablesOfEverything } from '../../src/portability/copied-tables.ts'
import { PortabilityError } from '../../src/portability/portability-error.ts'
import { SettingsError } from '../../src/settings.ts'
import { tryLease } from '../../src/storage/lease-repository.ts'
import { openStorage, type Storage } from '../../src/storage/open-storage.ts'
import { newMasterKey, readRows, restoreInto, withCopy, withoutSealed } from '../support/backups.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { emptyDatabase } from '../support/older-schema.ts'
import { insertManyUsers } from '../support/pool-rows.ts'
import { compileCache, moduleCache } from '../support/run-cache.ts'
import { givenTokens, givenUser } from '../support/sign-in.ts'
import { startTestServer } from '../support/test-server.ts'

const worker = fileURLToPath(new URL('restore-worker.ts', import.meta.url))
const asKey = (key: string) => Buffer.from(key, 'base64')
const refused = (words: RegExp) => (error: Error) => error instanceof PortabilityError && words.test(error.message)
const notEnded = (error: Error) =>
  error instanceof SettingsError &&
  error.message === '--database: a restore into this database has not ended. Wait for it, or run it again: lifeguard restore'

async function givenServer(engine: TestEngine) {
  const masterKey = newMasterKey()
  const server = await startTestServer(engine, { env: { LIFEGUARD_MASTER_KEY: masterKey } })
  const ids = await server.givenPool()
  await givenUser(server, ids.poolId, 'ana')
  await givenTokens(server, ids.clientId, 'ana')
  return Object.assign(server, { ids, masterKey, source: { url: server.databaseUrl, masterKey } })
}

async function inStorage<T>(url: string, use: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage({ url })
  try {
    await storage.migrate()
    return await use(storage)
  } finally {
    await storage.close()
  }
}

/** The number of rows in all tables that a backup has, and the rows of the installation. */
const contentOf = (url: string) =>
  inStorage(url, async ({ db }) => {
    const counts = tablesOfEverything.map(async ({ table }) => (await db.selectFrom(table).selectAll().execute()).length)
    return [await Promise.all(counts), await db.selectFrom('installation').selectAll().orderBy('name').execute()]
  })

/** Restores in a process that is killed after it has restored so many rows. */
async function restoreUntilKilled(rows: number, env: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn(process.execPath, [...moduleCache, worker, String(rows)], {
    env: { ...compileCache, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(child.stdout)) if (line === 'in the middle') child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  assert.equal(child.signalCode, 'SIGKILL')
}

/** As if half a minute had passed since the killed process renewed its lease. */
const endLease = (url: string) => inStorage(url, ({ db }) => db.updateTable('lease').set({ expires_at: 0 }).execute())

for (const engine of engines) {
  describe(`A restore on ${engine.name}`, () => {
    it('is refused before anything changes when the backup does not suit', async () => {
      await using target = await emptyDatabase(engine)
      await using server = await givenServer(engine)
      const into = { url: target.url, masterKey: newMasterKey() }
      const before = await contentOf(target.url)
      const { poolId } = server.ids
      await withCopy(
        server.source,
        (content) =>
          assert.rejects(
            restoreInto(into, content),
            new PortabilityError(
              `The backup has only the user pool ${poolId}. Restore the pool into an installation: lifeguard restore FILE --pool ${poolId}`,
            ),
          ),
        { kind: 'pool', poolId },
      )
      await withCopy(server.source, ({ head, ...content }) =>
        assert.rejects(
          restoreInto(into, { ...content, head: { ...head, migration: '9999-future', program: '99.1.0' } }),
          new PortabilityError('The backup was written by a newer Lifeguard (99.1.0). Restore it with that release or a later one.'),
        ),
      )
      assert.deepEqual(await contentOf(target.url), before)
    })

    it('needs an empty database, or has to be told to overwrite', { timeout: 60_000 }, async () => {
      await using server = await givenServer(engine)
      await using other = await givenServer(engine)
      const into = { url: other.databaseUrl, masterKey: other.masterKey }
      await other.restart()
      const before = await contentOf(other.databaseUrl)
      await withCopy(server.source, (content) =>
        assert.rejects(restoreInto(into, content), refused(/^The database is not empty: its table \w+ has rows\. .* with --overwrite\.$/)),
      )
      assert.deepEqual(await contentOf(other.databaseUrl), before)
      await withCopy(server.source, (content) => restoreInto({ ...into, overwrite: true }, content))
      await other.restart()
      await givenTokens(other, server.ids.clientId, 'ana')
      await assert.rejects(givenTokens(other, other.ids.clientId, 'ana'), { name: 'ResourceNotFoundException' })
    })

    it('is refused while a server uses the database or another restore runs', async () => {
      await using target = await emptyDatabase(engine)
      await using server = await givenServer(engine)
      const into = { url: target.url, masterKey: newMasterKey(), overwrite: true }
      const now = systemClock.now()
      await inStorage(target.url, ({ db }) => db.insertInto('node_heartbeat').values({ node: 'a', at: now }).execute())
      await withCopy(server.source, (content) =>
        assert.rejects(restoreInto(into, content), refused(/^A server has used the database \d+ seconds ago\. Stop all servers, /)),
      )
      await inStorage(target.url, async ({ db }) => {
        await db
          .updateTable('node_heartbeat')
          .set({ at: now - 60_000 })
          .execute()
        await tryLease(db, { name: 'restore', holder: 'another' }, now, 30_000)
      })
      await withCopy(server.source, (content) => assert.rejects(restoreInto(into, content), refused(/^Another restore .* is running\./)))
      await endLease(target.url)
      assert.ok((await withCopy(server.source, (content) => restoreInto(into, content))) > 0)
    })

    it('makes running servers stop', async () => {
      await using server = await givenServer(engine)
      const storage = await openStorage({ url: server.databaseUrl })
      await storage.db.insertInto('installation').values({ name: 'restore', value: 'in progress' }).execute()
      await storage.close()
      assert.ok(notEnded(await server.failed()))
    })

    for (const rows of [0, 1, 700]) {
      it(`that was killed after ${rows} rows keeps servers from starting, and can be run again`, { timeout: 60_000 }, async () => {
        await using target = await emptyDatabase(engine)
        await using server = await givenServer(engine)
        await withDatabase(server.databaseUrl, server, ({ storage }) => insertManyUsers(storage.db, server.ids.poolId, 1000))
        const masterKey = newMasterKey()
        const env = { SOURCE: server.databaseUrl, SOURCE_KEY: server.masterKey, TARGET: target.url, TARGET_KEY: masterKey }
        await restoreUntilKilled(rows, env)
        const settings = { database: target.url, masterKey: asKey(masterKey) }
        await assert.rejects(
          withDatabase(target.url, { masterKey }, async () => undefined),
          notEnded,
        )
        await withCopy(server.source, (content) =>
          assert.rejects(
            restoreInto({ url: target.url, masterKey }, content),
            refused(/^Another restore .* If it was killed, wait half a minute/),
          ),
        )
        await endLease(target.url)
        const before = await withCopy(server.source, readRows)
        await withCopy(server.source, (content) => restoreInto({ url: target.url, masterKey }, content))
        const after = await withCopy({ url: target.url, masterKey }, readRows)
        assert.deepEqual(withoutSealed({ ...after, audit_record: [] }), withoutSealed({ ...before, audit_record: [] }))
        await server.restart(settings)
        await givenTokens(server, server.ids.clientId, 'ana')
      })
    }
  })
}
