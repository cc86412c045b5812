import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStorage, type Storage } from '../../src/storage/open-storage.ts'
import { engines } from '../support/engines.ts'
import { moduleCache } from '../support/run-cache.ts'
import { openTestStorage } from '../support/test-storage.ts'

const writer = fileURLToPath(new URL('storage-writer.ts', import.meta.url))

type Report = { stored: string[]; refused: string[] }

/** Collects the output of the writer. `stop` is called after every line, and may end the writer. */
async function report(child: ChildProcess, stop: (sofar: Report) => void): Promise<Report> {
  const outcomes: Report = { stored: [], refused: [] }
  assert.ok(child.stdout)
  for await (const line of createInterface(child.stdout)) {
    const [outcome, name] = line.split(' ')
    if (name !== undefined && (outcome === 'stored' || outcome === 'refused')) outcomes[outcome].push(name)
    stop(outcomes)
  }
  return outcomes
}

/** The names of complete pairs of rows. Fails when a pair is incomplete. */
async function pairsIn({ db }: Storage): Promise<Set<string>> {
  const rows = await db.selectFrom('installation').select('name').execute()
  const halves = new Set(rows.map(({ name }) => name))
  const names = new Set(rows.map(({ name }) => name.split(' ')[0] ?? ''))
  for (const name of names) assert.ok(halves.has(`${name} left`) && halves.has(`${name} right`), `${name} was stored by half`)
  return names
}

function start(url: string, name: string, ...more: string[]): ChildProcess {
  return spawn(process.execPath, [...moduleCache, writer, url, name, ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
}

for (const engine of engines) {
  describe(`Storage on ${engine.name}`, () => {
    it('keeps every acknowledged write when the process is killed', async () => {
      await using storage = await openTestStorage(engine)
      for (const name of ['first', 'second', 'third']) {
        const child = start(storage.url, name)
        const { stored } = await report(child, ({ stored }) => stored.length >= 100 && child.kill('SIGKILL'))
        assert.ok(stored.length >= 100)
        const there = await pairsIn(storage)
        assert.deepEqual(
          stored.filter((pair) => !there.has(pair)),
          [],
        )
      }
    })

    it('accepts simultaneous writes of two processes', async () => {
      await using storage = await openTestStorage(engine)
      const children = ['one', 'two'].map((name) => start(storage.url, name, '150'))
      const reports = await Promise.all(children.map((child) => report(child, () => undefined)))
      assert.deepEqual(
        reports.map(({ refused }) => refused),
        [[], []],
      )
      assert.equal((await pairsIn(storage)).size, 300)
    })
  })
}

const sqlite = engines.find(({ name }) => name === 'sqlite')
const noFullDisk =
  (sqlite === undefined && 'only SQLite writes files of its own') ||
  (process.platform === 'win32' && 'Windows cannot limit the size of a file')

describe('A full disk', { skip: noFullDisk }, () => {
  it('loses no acknowledged write and keeps no rejected one', async () => {
    assert.ok(sqlite)
    const database = await sqlite.createDatabase()
    await (await openMigrated(database.url)).close()
    // A limit of the kernel on file sizes: to SQLite it looks like a full disk.
    const limited = `trap '' XFSZ; ulimit -f 1000; exec "$0" "$@"`
    const child = spawn('sh', ['-c', limited, process.execPath, ...moduleCache, writer, database.url, 'full', '5000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const { stored, refused } = await report(child, ({ refused }) => refused.length >= 20 && child.kill())
    assert.ok(stored.length > 20, `${stored.length} pairs were stored`)
    assert.ok(refused.length >= 20)

    const storage = await openMigrated(database.url)
    const there = await pairsIn(storage)
    assert.deepEqual(
      stored.filter((pair) => !there.has(pair)),
      [],
    )
    assert.deepEqual(
      refused.filter((pair) => there.has(pair)),
      [],
    )
    await storage.db.insertInto('installation').values({ name: 'space again', value: '' }).execute()
    await storage.close()
    await database.drop()
  })
})

async function openMigrated(url: string): Promise<Storage> {
  const storage = await openStorage({ url })
  await storage.migrate()
  return storage
}
