import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import pg from 'pg'
import { engines } from '../support/engines.ts'
import { databaseOfOlderRelease, emptyDatabase, migrationsFrom } from '../support/older-schema.ts'
import { LifeguardProcess, lifeguard, masterKey } from './lifeguard-process.ts'

const envOf = (url: string) => ({
  LIFEGUARD_DATABASE: url,
  LIFEGUARD_MASTER_KEY: masterKey,
  LIFEGUARD_PUBLIC_URL: 'https://id.example.test',
  LIFEGUARD_PORT: '0',
})

async function execute(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** A user of PostgreSQL with these rights on the database, and the URL with its name. */
async function givenUser(databaseUrl: string, rights: readonly string[]) {
  const name = `limited_${randomBytes(6).toString('hex')}`
  await execute(databaseUrl, [`create role ${name} login password 'limited'`, ...rights.map((right) => `grant ${right} to ${name}`)])
  const url = new URL(databaseUrl)
  url.username = name
  url.password = 'limited'
  return {
    url: url.href,
    name,
    [Symbol.asyncDispose]: () => execute(databaseUrl, [`drop owned by ${name}`, `drop role ${name}`]),
  }
}

async function databaseMessages(flags: readonly string[], url: string) {
  const { stdout } = await lifeguard(['check-config', '--json', ...flags], envOf(url))
  const results = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; check: string; message: string })
  return results.filter(({ check }) => check === 'database').map(({ level, message }) => `${level} ${message}`)
}

const reading = 'select on all tables in schema public'
const changing = 'select, insert, update, delete on all tables in schema public'

for (const engine of engines.filter(({ name }) => name === 'postgres')) {
  describe('a PostgreSQL whose user has few rights', () => {
    it('is used without the right to create tables when no migration is missing', async () => {
      await using database = await emptyDatabase(engine)
      assert.equal((await lifeguard(['keys', 'create'], envOf(database.url))).code, 0)
      await using user = await givenUser(database.url, [changing])
      assert.deepEqual(
        (await databaseMessages([], user.url)).map((text) => text.slice(0, 3)),
        ['ok ', 'ok '],
      )
      await using server = new LifeguardProcess(['serve'], envOf(user.url))
      assert.equal((await fetch(`${await server.url()}/readyz`)).status, 200)
    })

    it('is rejected by check-config and by the start when tables cannot be changed', async () => {
      await using database = await emptyDatabase(engine)
      assert.equal((await lifeguard(['keys', 'create'], envOf(database.url))).code, 0)
      await using user = await givenUser(database.url, [reading])
      const messages = await databaseMessages([], user.url)
      assert.match(
        messages[0] ?? '',
        /^error --database: \S+ does not let this user read and change \w+, \w+, \w+ and \d+ tables more\. Grant it SELECT/,
      )
      const { code, stderr } = await lifeguard(['keys', 'create'], envOf(user.url))
      assert.equal(code, 1)
      assert.match(
        stderr,
        /^lifeguard: --database: PostgreSQL does not allow this user what Lifeguard needs: permission denied for table \w+\. Grant[^\n]+\n$/,
      )
    })

    it('is rejected when migrations are missing that the user may not run', async () => {
      await using database = await databaseOfOlderRelease(engine, migrationsFrom('0015-devices-of-sign-ins').length)
      await using user = await givenUser(database.url, [changing])
      const [create, foreign] = await databaseMessages([], user.url)
      assert.match(create ?? '', /^error --database: \S+ does not let this user create tables in the schema public\. Grant it CREATE/)
      assert.match(foreign ?? '', /^error --database: \S+ has tables of another user that the migrations change: .*\bapp_client\b/)
      const { code, stderr } = await lifeguard(['keys', 'list'], envOf(user.url))
      assert.equal(code, 1)
      assert.match(
        stderr,
        /^lifeguard: --database: PostgreSQL does not allow this user .*: permission denied for schema public\. [^\n]+\n$/,
      )
      await execute(database.url, [`grant create on schema public to ${user.name}`])
      assert.match((await databaseMessages([], user.url))[0] ?? '', /^error .* the migrations change: .*\bapp_client\b/)
    })

    it('is rejected when it is empty and the user may not create tables', async () => {
      await using database = await emptyDatabase(engine)
      await using user = await givenUser(database.url, [])
      const messages = await databaseMessages(['--create-database'], user.url)
      assert.equal(messages.length, 1)
      assert.match(messages[0] ?? '', /^error --database: \S+ does not let this user create tables in the schema public\./)
    })

    it('is rejected when the user may only read', async () => {
      await using database = await emptyDatabase(engine)
      assert.equal((await lifeguard(['keys', 'create'], envOf(database.url))).code, 0)
      await using user = await givenUser(database.url, [changing])
      await execute(database.url, [`alter role ${user.name} set default_transaction_read_only = on`])
      assert.match((await databaseMessages([], user.url))[0] ?? '', /^error --database: \S+ is read-only for this user\./)
    })
  })
}
