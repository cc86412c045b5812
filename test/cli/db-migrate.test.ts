import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { schemaDialects } from '../../src/storage/dialect/schema-dialect.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { engines } from '../support/engines.ts'
import { appliedMigrations, databaseOfOlderRelease, emptyDatabase, markAsNewer, migrationNames } from '../support/older-schema.ts'
import { LifeguardProcess, lifeguard, masterKey, temporaryFolder } from './lifeguard-process.ts'

const missing = migrationNames.slice(-2)
const envOf = (url: string) => ({ LIFEGUARD_DATABASE: url })
const serveEnvOf = (url: string) => ({
  ...envOf(url),
  LIFEGUARD_MASTER_KEY: masterKey,
  LIFEGUARD_PUBLIC_URL: 'https://id.example.test',
})
const lines = (verb: string) => missing.map((name) => `${verb} ${name}\n`).join('')

for (const engine of engines) {
  describe(`lifeguard db migrate on ${engine.name}`, () => {
    it('runs the missing migrations without a master key, and lists them', async () => {
      await using database = await databaseOfOlderRelease(engine, 2)
      const first = await lifeguard(['db', 'migrate'], envOf(database.url))
      assert.deepEqual(first, { code: 0, stdout: `${lines('Ran')}The schema is up to date: 2 migrations ran.\n`, stderr: '' })
      assert.deepEqual(await appliedMigrations(database.url), migrationNames)

      const second = await lifeguard(['db', 'migrate'], envOf(database.url))
      assert.deepEqual(second, { code: 0, stdout: 'The schema is up to date: no migration ran.\n', stderr: '' })
    })

    it('lists the missing migrations with --dry-run, and runs none of them', async () => {
      await using database = await databaseOfOlderRelease(engine, 2)
      const { code, stdout, stderr } = await lifeguard(['db', 'migrate', '--dry-run'], envOf(database.url))
      assert.deepEqual([code, stdout, stderr], [0, `${lines('Would run')}2 migrations would run.\n`, ''])
      assert.deepEqual(await appliedMigrations(database.url), migrationNames.slice(0, -2))
    })

    it('rejects an empty database, unless --create-database is set', async () => {
      await using database = await emptyDatabase(engine)
      for (const flags of [[], ['--dry-run']]) {
        const { code, stderr } = await lifeguard(['db', 'migrate', ...flags], envOf(database.url))
        assert.equal(code, 1)
        assert.match(stderr, /^lifeguard: --database: The database .*(empty|missing).* lifeguard db migrate --create-database/)
      }
      const dryRun = await lifeguard(['db', 'migrate', '--dry-run', '--create-database'], envOf(database.url))
      assert.equal(
        dryRun.stdout,
        `${migrationNames.map((name) => `Would run ${name}\n`).join('')}${migrationNames.length} migrations would run.\n`,
      )
      if (engine.name === 'sqlite') assert.equal(existsSync(database.url.slice('sqlite:'.length)), false)
      assert.equal((await lifeguard(['db', 'migrate', '--create-database'], envOf(database.url))).code, 0)
      assert.deepEqual(await appliedMigrations(database.url), migrationNames)
    })

    it('rejects a database of a newer release', async () => {
      await using database = await databaseOfOlderRelease(engine, 2)
      await markAsNewer(database.url)
      for (const flags of [[], ['--dry-run']]) {
        const { code, stderr } = await lifeguard(['db', 'migrate', ...flags], envOf(database.url))
        assert.equal(code, 1)
        assert.match(stderr, /^lifeguard: --database: The database was migrated by a newer Lifeguard \(9999-future\)/)
      }
    })
  })

  describe(`lifeguard --migrate=false on ${engine.name}`, () => {
    it('rejects a database that lacks migrations, and changes nothing', async () => {
      await using database = await databaseOfOlderRelease(engine, 2)
      for (const command of [
        ['serve', '--port', '0'],
        ['keys', 'list'],
      ]) {
        const { code, stderr } = await lifeguard([...command, '--migrate=false'], serveEnvOf(database.url))
        const names = missing.join(', ')
        const expected = `lifeguard: --migrate=false: the database lacks 2 migrations (${names}). Run them first: lifeguard db migrate\n`
        assert.deepEqual([code, stderr], [1, expected])
      }
      assert.deepEqual(await appliedMigrations(database.url), migrationNames.slice(0, -2))
    })

    it('starts on a migrated database', async () => {
      await using database = await databaseOfOlderRelease(engine, 2)
      const env = { ...serveEnvOf(database.url), LIFEGUARD_MIGRATE: 'false' }
      assert.equal((await lifeguard(['db', 'migrate'], env)).code, 0)
      await using server = new LifeguardProcess(['serve', '--port', '0'], env)
      assert.equal((await fetch(`${await server.url()}/readyz`)).status, 200)
      assert.equal((await server.stop()).code, 0)
    })

    it('rejects an empty database even with --create-database', async () => {
      await using database = await emptyDatabase(engine)
      const flags = ['--port', '0', '--migrate=false', '--create-database']
      const { code, stderr } = await lifeguard(['serve', ...flags], serveEnvOf(database.url))
      assert.equal(code, 1)
      assert.match(stderr, /^lifeguard: --database: The database .* run: lifeguard db migrate --create-database\./)
    })
  })
}

if (engines.some(({ name }) => name === 'postgres')) {
  describe('lifeguard db migrate during a migration of another process', () => {
    it('waits until the migration of the other process is done', async () => {
      const [engine] = engines.filter(({ name }) => name === 'postgres')
      assert.ok(engine)
      await using database = await databaseOfOlderRelease(engine, 2)
      const storage = await openStorage({ url: database.url })
      const [locked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const other = storage.db.transaction().execute(async (tx) => {
        await schemaDialects.postgres.lockSchema(tx)
        locked.resolve()
        await released.promise
      })
      await locked.promise
      await using command = new LifeguardProcess(['db', 'migrate'], envOf(database.url))
      const waiting = sql`select 1 from pg_locks join pg_database on pg_database.oid = database
        where datname = current_database() and locktype = 'advisory' and not granted`
      while ((await waiting.execute(storage.db)).rows.length === 0) assert.equal(command.child.exitCode, null, command.stderr)
      released.resolve()
      await other
      assert.deepEqual((await command.ended).stdout, `${lines('Ran')}The schema is up to date: 2 migrations ran.\n`)
      await storage.close()
    })
  })
}

describe('lifeguard db migrate', () => {
  it('says that a database cannot be reached', async () => {
    const { code, stderr } = await lifeguard(['db', 'migrate'], envOf('postgres://ana:s3cret@127.0.0.1:1/none'))
    const expected = 'lifeguard: --database: Cannot reach PostgreSQL at 127.0.0.1:1: nothing listens there.\n'
    assert.deepEqual([code, stderr], [1, expected])
  })

  it('is rejected without the setting --database', async () => {
    assert.match((await lifeguard(['db', 'migrate'])).stderr, /^lifeguard: --database \(or LIFEGUARD_DATABASE\) is required/)
  })

  it('rejects a missing SQLite file without creating it', async () => {
    const file = join(temporaryFolder(), 'mistyped.db')
    assert.equal((await lifeguard(['db', 'migrate'], envOf(`sqlite:${file}`))).code, 1)
    assert.equal(existsSync(file), false)
  })
})
