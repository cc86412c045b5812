import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Db } from '../../src/storage/db.ts'
import { LifeguardProcess, lifeguard, masterKey } from '../cli/lifeguard-process.ts'
import { readBackupFile } from '../support/backup-files.ts'
import { backupFolder } from '../support/backup-jobs.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { emptyDatabase } from '../support/older-schema.ts'
import { insertManyUsers } from '../support/pool-rows.ts'

const hourMs = 3_600_000
const users = 20_000

/** Looks again and again. The test ends by its timeout if it is never so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}

/** A database with many users, and a server that makes backups of it every three hours. */
async function givenInstallation(engine: TestEngine) {
  const database = await emptyDatabase(engine)
  const folder = await backupFolder()
  const env = { LIFEGUARD_DATABASE: database.url, LIFEGUARD_MASTER_KEY: masterKey }
  assert.equal((await lifeguard(['keys', 'create'], env)).code, 0)
  const inDatabase = <T>(use: (db: Db) => Promise<T>) => withDatabase(database.url, { masterKey }, ({ storage }) => use(storage.db))
  await inDatabase((db) => insertManyUsers(db, 'eu-west-1_manyusers', users))
  const flags = [...folder.flags, '--backup-every-hours', '3', '--port', '0', '--public-url', 'https://id.example.test']
  return {
    folder,
    names: () => readdirSync(folder.path).sort(),
    read: (name: string) => readFileSync(join(folder.path, name)),
    serve: () => new LifeguardProcess(['serve', ...flags], env),
    jobs: () => inDatabase((db) => db.selectFrom('backup_job').select(['status', 'cause', 'failure']).orderBy('id').execute()),
    /** As if the jobs were four hours older, so that the next one is due. */
    passTime: () =>
      inDatabase((db) =>
        db
          .updateTable('backup_job')
          .set((eb) => ({ created_at: eb('created_at', '-', 4 * hourMs) }))
          .execute(),
      ),
    endLease: () => inDatabase((db) => db.deleteFrom('lease').where('name', '=', 'backup').execute()),
    async [Symbol.asyncDispose]() {
      folder[Symbol.dispose]()
      await database.drop()
    },
  }
}

const isPartial = (name: string) => name.endsWith('.partial')

for (const engine of engines) {
  describe(`A server that is killed during a scheduled backup on ${engine.name}`, () => {
    it('leaves the earlier backup; the next start removes the rest, and makes the next backup', { timeout: 240_000 }, async () => {
      await using installation = await givenInstallation(engine)
      const { folder, names, read, serve, jobs, passTime, endLease } = installation
      const statuses = async () => (await jobs()).map(({ status }) => status).join()

      await using first = serve()
      await until(async () => (await statuses()) === 'SUCCEEDED')
      const [old = ''] = names()
      const bytes = read(old)
      await passTime()
      await until(() => names().some(isPartial))
      await first.stop('SIGKILL')
      assert.equal(await statuses(), 'SUCCEEDED,RUNNING')
      assert.deepEqual([names().length, names().filter(isPartial).length, read(old)], [2, 1, bytes])

      await endLease()
      await using second = serve()
      await until(async () => (await statuses()) === 'SUCCEEDED,FAILED' && !names().some(isPartial))
      assert.deepEqual([names(), read(old)], [[old], bytes])
      assert.equal((await jobs())[1]?.failure, 'The server that made the backup ended before the backup was complete.')
      await passTime()
      await until(async () => (await statuses()) === 'SUCCEEDED,FAILED,SUCCEEDED')
      assert.ok((await jobs()).every(({ cause }) => cause === 'SCHEDULE'))
      const [latest = '', ...others] = names().filter((name) => name !== old)
      assert.deepEqual([others, read(old)], [[], bytes])
      const { rows } = await readBackupFile(join(folder.path, latest), { identity: folder.identity })
      assert.equal(rows['user']?.length, users)
      await second.stop()
    })
  })
}
