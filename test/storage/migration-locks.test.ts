import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { openStorage } from '../../src/storage/open-storage.ts'
import { StorageError } from '../../src/storage/storage-error.ts'
import { engines } from '../support/engines.ts'
import { databaseOfOlderRelease, migrationsFrom } from '../support/older-schema.ts'

/** The first of them adds a column to the table `session`. */
const missing = migrationsFrom('0015-devices-of-sign-ins')

/** A transaction that has read the table `session` and stays open, as that of pg_dump does. */
async function openReader(url: string) {
  const client = new pg.Client({ connectionString: url, application_name: 'nightly backup' })
  await client.connect()
  await client.query('begin')
  await client.query(`select 'secret words', id from session`)
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

for (const engine of engines.filter(({ name }) => name === 'postgres')) {
  describe('migrations on postgres while a backup reads a table that they change', () => {
    it('let other statements on the table go on, and run when the backup has ended', async () => {
      await using database = await databaseOfOlderRelease(engine, missing.length)
      await using reader = await openReader(database.url)
      const warnings: string[] = []
      const logger = { warn: (_fields: object, message: string) => void warnings.push(message), error: () => undefined }
      const server = await openStorage({ url: database.url })
      const migrator = await openStorage({ url: database.url, logger })
      try {
        const migrating = migrator.migrate()
        const endsAt = performance.now() + 12_000
        let longestMs = 0
        while (performance.now() < endsAt && warnings.length < 2) {
          const startedAt = performance.now()
          await server.db.selectFrom('session').select('id').limit(1).execute()
          longestMs = Math.max(longestMs, performance.now() - startedAt)
          await delay(50)
        }
        assert.ok(longestMs < 4500, `${longestMs} ms`)
        assert.match(warnings[0] ?? '', /nightly backup \(process \d+ of PostgreSQL, open for \d+ s\)/)
        await reader.client.query('commit')
        assert.deepEqual(await migrating, missing)
      } finally {
        await reader.client.query('rollback')
        await Promise.all([server.close(), migrator.close()])
      }
    })

    it('fail after a while, name the open transaction without its statement, and change nothing', async () => {
      await using database = await databaseOfOlderRelease(engine, missing.length)
      await using reader = await openReader(database.url)
      const storage = await openStorage({ url: database.url })
      try {
        await assert.rejects(storage.migrate({ lockSeconds: 1 }), (error: unknown) => {
          assert.ok(error instanceof StorageError)
          assert.match(error.message, /within 1 seconds, and changed nothing\. Open transactions on its tables: nightly backup \(/)
          assert.doesNotMatch(error.message, /secret/)
          return true
        })
        assert.deepEqual(await storage.missingMigrations(), missing)
      } finally {
        await reader.client.query('rollback')
        await storage.close()
      }
    })
  })
}
