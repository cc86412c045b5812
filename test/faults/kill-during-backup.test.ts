import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import { LifeguardProcess, lifeguard, masterKey } from '../cli/lifeguard-process.ts'
import { readBackupFile } from '../support/backup-files.ts'
import { backupFolder } from '../support/backup-jobs.ts'
import { engines } from '../support/engines.ts'
import { withDatabase } from '../support/master-keys.ts'
import { emptyDatabase } from '../support/older-schema.ts'
import { insertManyUsers } from '../support/pool-rows.ts'

const hourMs = 3_600_000
const users = 20_000

/** Looks again and again. The test ends by its timeout if it is never so. */
async function until<T>(find: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
}

for (const engine of engines) {
  describe(`A server that is killed during a scheduled backup on ${engine.name}`, () => {
    it('leaves the earlier backup; the next start removes the rest, and makes the next backup', { timeout: 240_000 }, async () => {
      await using database = await emptyDatabase(engine)
      using folder = await backupFolder()
      const { url } = database
      const inDatabase = <T>(use: Parameters<typeof withDatabase<T>>[2]) => withDatabase(url, { masterKey }, use)
      const jobs = () =>
        inDatabase(({ storage: { db } }) =>
          db.selectFrom('backup_job').select(['id', 'status', 'cause', 'failure']).orderBy('id').execute(),
        )
      const hoursAgo = (hours: number) =>
        inDatabase(({ storage: { db } }) =>
          db
            .updateTable('backup_job')
            .set((eb) => ({ created_at: eb('created_at', '-', hours * hourMs) }))
            .execute(),
        )
      const isPartial = (name: string) => name.endsWith('.partial')
      const complete = () => readdirSync(folder.path).filter((name) => !isPartial(name))

      const env = { LIFEGUARD_DATABASE: url, LIFEGUARD_MASTER_KEY: masterKey }
      assert.equal((await lifeguard(['keys', 'create'], env)).code, 0)
      await inDatabase(({ storage }) => insertManyUsers(storage.db, 'eu-west-1_manyusers', users))
      const flags = [...folder.flags, '--backup-every-hours', '3', '--port', '0', '--public-url', 'https://id.example.test']
      const serve = () => new LifeguardProcess(['serve', ...flags], env)

      await using first = serve()
      const [old = ''] = await until(async () => ((await jobs())[0]?.status === 'SUCCEEDED' ? complete() : undefined))
      const bytes = readFileSync(join(folder.path, old))
      await hoursAgo(4)
      const partial = await until(() => readdirSync(folder.path).find(isPartial))
      await first.stop('SIGKILL')
      assert.deepEqual(readdirSync(folder.path).sort(), [old, partial].sort())
      assert.deepEqual(
        (await jobs()).map(({ status, cause }) => [status, cause]),
        [
          ['SUCCEEDED', 'SCHEDULE'],
          ['RUNNING', 'SCHEDULE'],
        ],
      )
      assert.deepEqual(readFileSync(join(folder.path, old)), bytes)

      // As if the lease of the killed server had ended.
      await inDatabase(({ storage: { db } }) => db.deleteFrom('lease').where('name', '=', 'backup').execute())
      await using second = serve()
      await until(async () => ((await jobs())[1]?.status === 'FAILED' && !readdirSync(folder.path).some(isPartial) ? true : undefined))
      assert.deepEqual(readdirSync(folder.path), [old])
      await hoursAgo(4)
      const all = await until(async () => {
        const found = await jobs()
        return found[2]?.status === 'SUCCEEDED' ? found : undefined
      })
      assert.deepEqual(
        all.map(({ status }) => status),
        ['SUCCEEDED', 'FAILED', 'SUCCEEDED'],
      )
      assert.equal(all[1]?.failure, 'The server that made the backup ended before the backup was complete.')
      const names = readdirSync(folder.path)
      assert.equal(names.length, 2, names.join())
      assert.ok(names.includes(old) && !names.includes(partial) && !names.some(isPartial), names.join())
      assert.deepEqual(readFileSync(join(folder.path, old)), bytes)
      const latest = names.find((name) => name !== old) ?? ''
      assert.notEqual(basename(latest), partial.replace(/\.[0-9a-f]{8}\.partial$/, ''))
      const { rows } = await readBackupFile(join(folder.path, latest), { identity: folder.identity })
      assert.equal(rows['user']?.length, users)
      await second.stop()
    })
  })
}
