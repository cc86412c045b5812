import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { sql } from 'kysely'
import { openStorage } from '../../src/storage/open-storage.ts'
import { StorageError } from '../../src/storage/storage-error.ts'
import { engines } from '../support/engines.ts'
import { openTestStorage } from '../support/test-storage.ts'

const folder = mkdtempSync(join(tmpdir(), 'lifeguard-open-'))
after(() => rmSync(folder, { recursive: true }))

async function refusal(url: string): Promise<string> {
  const error: unknown = await openStorage({ url }).then(
    () => assert.fail('it was opened'),
    (reason) => reason,
  )
  assert.ok(error instanceof StorageError, String(error))
  return error.message
}

for (const engine of engines) {
  describe(`storage on ${engine.name}`, () => {
    it('answers a ping until it is closed', async () => {
      await using storage = await openTestStorage(engine)
      assert.equal(storage.engine, engine.name)
      await storage.ping()
      await storage.close()
      await assert.rejects(storage.ping())
    })

    it('finishes the transactions in progress before it closes', async () => {
      const database = await engine.createDatabase()
      const storage = await openStorage({ url: database.url })
      await storage.migrate()
      const written = Array.from({ length: 20 }, (_, i) =>
        storage.db.transaction().execute(async (tx) => {
          await tx
            .insertInto('installation')
            .values({ name: `n${i}`, value: 'v' })
            .execute()
        }),
      )
      await Promise.all([...written, storage.close()])

      const again = await openStorage({ url: database.url })
      const rows = await again.db.selectFrom('installation').select('name').execute()
      await again.close()
      await database.drop()
      assert.equal(rows.length, 20)
    })
  })
}

describe('opening SQLite', () => {
  it('creates the file and its folder for their owner only', async () => {
    const file = join(folder, 'new', 'a.db')
    const storage = await openStorage({ url: `sqlite:${file}` })
    await storage.migrate()
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(`${file}-wal`).mode & 0o777, 0o600)
    assert.equal(statSync(join(folder, 'new')).mode & 0o777, 0o700)
    await storage.close()
  })

  it('fails with a message that says what is wrong with the file', async () => {
    const text = join(folder, 'text')
    writeFileSync(text, 'This is not a database. '.repeat(100))
    assert.equal(await refusal(`sqlite:${text}`), `Cannot open the database ${text}: the file is not an SQLite database.`)
    assert.equal(await refusal(`sqlite:${folder}`), `Cannot open the database ${folder}: it is a folder.`)
    assert.match(await refusal(`sqlite:${text}/a.db`), /part of the path is not a folder/)
    assert.match(await refusal(`sqlite:${folder}/no/such/a.db`), /its folder does not exist/)
    assert.match(await refusal('sqlite::memory:'), /needs a file/)
  })

  it('rejects URLs of another kind; the message does not repeat the URL, which may contain a password', async () => {
    for (const url of ['', 'sqlite:', 'mysql://root:secret@localhost/x', 'data.db']) {
      const message = await refusal(url)
      assert.match(message, /must be sqlite:PATH or postgres:/)
      assert.doesNotMatch(message, /secret|mysql/)
    }
  })
})

describe('opening PostgreSQL', {
  skip: engines.some(({ name }) => name === 'postgres') ? false : 'PostgreSQL is not among the chosen engines',
}, () => {
  it('fails with a message that nothing listens at the address; the message does not contain the password', async () => {
    const server = createServer()
    const port = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    assert.equal(
      await refusal(`postgres://ana:secret@127.0.0.1:${port}/x`),
      `Cannot reach PostgreSQL at 127.0.0.1:${port}: nothing listens there.`,
    )
  })

  it('fails with a message that the database is unknown, or that the server refused the user name or the password', async () => {
    const engine = engines.find(({ name }) => name === 'postgres')
    assert.ok(engine)
    const database = await engine.createDatabase()
    const url = new URL(database.url)
    url.pathname = '/no_such_database'
    assert.match(await refusal(url.href), /has no database named "no_such_database"\.$/)
    url.password = 'wrong'
    assert.match(await refusal(url.href), /refused the user name or the password\.$/)
    await database.drop()
  })

  it('sets a limit of 30 s after which the server ends an idle transaction, such as one of a lost process', async () => {
    const engine = engines.find(({ name }) => name === 'postgres')
    assert.ok(engine)
    const database = await engine.createDatabase()
    const storage = await openStorage({ url: database.url })
    const { rows } = await sql<{ limit: string }>`
      select current_setting('idle_in_transaction_session_timeout') as limit`.execute(storage.db)
    assert.equal(rows[0]?.limit, '30s')
    await storage.close()
    await database.drop()
  })

  it('fails with a message when a program other than PostgreSQL listens at the address', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const port = await listen(server)
    assert.match(await refusal(`postgres://ana:secret@127.0.0.1:${port}/x`), /^Cannot (use|reach) PostgreSQL at 127\.0\.0\.1/)
    server.close()
  })
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as { port: number }).port
}
