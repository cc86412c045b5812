import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { engines, type TestEngine } from '../support/engines.ts'
import { appliedMigrations, databaseOfOlderRelease, emptyDatabase, markAsNewer, migrationNames } from '../support/older-schema.ts'
import { LifeguardProcess, lifeguard, masterKey, temporaryFolder } from './lifeguard-process.ts'

const otherKey = Buffer.alloc(32, 8).toString('base64')

const envOf = (url: string, key = masterKey) => ({
  LIFEGUARD_DATABASE: url,
  LIFEGUARD_MASTER_KEY: key,
  LIFEGUARD_PUBLIC_URL: 'https://id.example.test',
  LIFEGUARD_PORT: '0',
})

async function check(flags: readonly string[], env: Record<string, string>) {
  const { code, stdout } = await lifeguard(['check-config', '--json', ...flags], env)
  const lines = stdout.trimEnd().split('\n')
  const results = lines.map((line) => JSON.parse(line) as { level: string; check: string; message: string })
  return { code, database: results.filter(({ check }) => check === 'database').map(({ level, message }) => [level, message]) }
}

/** A database that a server has used. */
async function usedDatabase(engine: TestEngine) {
  const database = await emptyDatabase(engine)
  assert.equal((await lifeguard(['keys', 'create'], envOf(database.url))).code, 0)
  return database
}

/** All files of an SQLite database with their content. */
function filesOf(url: string): Record<string, string> {
  const folder = dirname(url.slice('sqlite:'.length))
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name)).toString('base64')]))
}

const nameOf = (url: string) => (url.startsWith('sqlite:') ? url.slice('sqlite:'.length) : `${new URL(url).host}${new URL(url).pathname}`)

for (const engine of engines) {
  describe(`lifeguard check-config on ${engine.name}`, () => {
    it('accepts a database of this release and its master key, and leaves it untouched', async () => {
      await using database = await usedDatabase(engine)
      const before = engine.name === 'sqlite' ? filesOf(database.url) : undefined
      assert.deepEqual(await check([], envOf(database.url)), {
        code: 0,
        database: [
          ['ok', `--database: ${nameOf(database.url)} can be read, and its schema is up to date.`],
          ['ok', '--master-key: the master key is the one of the database.'],
        ],
      })
      if (before !== undefined) assert.deepEqual(filesOf(database.url), before)
    })

    it('accepts the database of a running server', async () => {
      await using database = await usedDatabase(engine)
      await using server = new LifeguardProcess(['serve'], envOf(database.url))
      const url = await server.url()
      const { code, database: results } = await check([], envOf(database.url))
      assert.deepEqual([code, results.map(([level]) => level)], [0, ['ok', 'ok']])
      assert.equal((await fetch(`${url}/readyz`)).status, 200)
    })

    it('reads the database of a server that was killed, and changes none of the files that the next start of the server recovers', async () => {
      await using database = await emptyDatabase(engine)
      await using server = new LifeguardProcess(['serve', '--create-database'], envOf(database.url))
      await server.url()
      await server.stop('SIGKILL')
      // All files except the index of the write-ahead log (`-shm`), because SQLite may rebuild the index at any time.
      const lasting = () =>
        engine.name === 'sqlite' ? Object.entries(filesOf(database.url)).filter(([name]) => !name.endsWith('-shm')) : []
      const before = lasting()
      const { code, database: results } = await check([], envOf(database.url))
      assert.deepEqual([code, results.map(([level]) => level)], [0, ['ok', 'ok']])
      assert.deepEqual(lasting(), before)
    })

    it('names the migrations that the next start of the server runs, and runs no migration', async () => {
      await using database = await databaseOfOlderRelease(engine, 2)
      const missing = migrationNames.slice(-2).join(', ')
      const { code, database: results } = await check([], envOf(database.url))
      assert.equal(code, 0)
      assert.deepEqual(results, [
        ['ok', `--database: ${nameOf(database.url)} can be read. The start runs 2 migrations (${missing}).`],
        ['ok', '--master-key: the database has no master key yet. The start binds it to this one.'],
      ])
      assert.deepEqual(await appliedMigrations(database.url), migrationNames.slice(0, -2))

      const forbidden = await check(['--migrate=false'], envOf(database.url))
      const message = `--migrate=false: the database lacks 2 migrations (${missing}). Run them first: lifeguard db migrate`
      assert.deepEqual([forbidden.code, forbidden.database[0]], [1, ['error', message]])
    })

    it('rejects a database of a newer release', async () => {
      await using database = await usedDatabase(engine)
      await markAsNewer(database.url)
      const { code, database: results } = await check([], envOf(database.url))
      assert.equal(code, 1)
      assert.match(String(results), /^error,--database: The database was migrated by a newer Lifeguard \(9999-future\)/)
    })

    it('rejects a master key that is not the one of the database', async () => {
      await using database = await usedDatabase(engine)
      const { code, database: results } = await check([], envOf(database.url, otherKey))
      assert.equal(code, 1)
      assert.match(String(results[1]), /^error,--master-key: this is not the master key of the database\./)
    })

    it('rejects an empty database unless the start may create it', async () => {
      await using database = await emptyDatabase(engine)
      const { code, database: results } = await check([], envOf(database.url))
      assert.equal(code, 1)
      assert.match(String(results), /^error,--database: The database .* start once with --create-database\./)
      const created = await check(['--create-database'], envOf(database.url))
      assert.deepEqual(created, { code: 0, database: [['ok', '--database: it is missing or empty. The start creates it.']] })
      if (engine.name === 'sqlite') assert.equal(existsSync(nameOf(database.url)), false)
    })
  })
}

describe('lifeguard check-config', () => {
  it('says that a PostgreSQL cannot be reached, without its user name and password', async () => {
    const { code, stdout, stderr } = await lifeguard(['check-config'], envOf('postgres://ana:s3cret@127.0.0.1:1/none'))
    assert.equal(code, 1)
    assert.match(stdout, /^error {4}--database: Cannot reach PostgreSQL at 127\.0\.0\.1:1: nothing listens there\.$/m)
    assert.doesNotMatch(stdout + stderr, /s3cret|ana/)
  })

  it('rejects a file that is not a database', async () => {
    const { code, database } = await check([], envOf(`sqlite:${import.meta.filename}`))
    assert.equal(code, 1)
    assert.match(String(database), /error,--database: Cannot open the database .*: the file is not an SQLite database\./)
  })

  it('rejects an SQLite file in a folder that does not exist', async () => {
    const folder = temporaryFolder()
    const { code, database } = await check(['--create-database'], envOf(`sqlite:${join(folder, 'a', 'b', 'new.db')}`))
    assert.equal(code, 1)
    assert.deepEqual(database[0], ['error', `--database: ${join(folder, 'a')} does not exist.`])
    assert.deepEqual(readdirSync(folder), [])
  })

  it('creates no data folder when it checks the settings of dev', async () => {
    const data = join(temporaryFolder(), 'data')
    const { code, database } = await check(['dev', '--data', data], { LIFEGUARD_PORT: '0' })
    assert.deepEqual({ code, database }, { code: 0, database: [['ok', '--database: it is missing or empty. The start creates it.']] })
    assert.equal(existsSync(data), false)
  })
})
