import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { openStorage } from '../../src/storage/open-storage.ts'
import { LifeguardProcess, lifeguard, masterKey, temporaryFolder } from '../cli/lifeguard-process.ts'
import { engines } from '../support/engines.ts'
import { recordingLogger } from '../support/functions.ts'
import { compileCache, moduleCache, programFile } from '../support/run-cache.ts'
import { startTestServer } from '../support/test-server.ts'
import { until } from '../support/until.ts'
import { clientOf } from './own-database.ts'

const sqlite = engines.some(({ name }) => name === 'sqlite')
const skip = !sqlite && 'SQLite was not chosen for this run'
const folder = temporaryFolder()

async function givenFile(name: string): Promise<string> {
  const file = join(folder, name)
  const storage = await openStorage({ url: `sqlite:${file}` })
  await storage.migrate()
  await storage.close()
  return file
}

describe('An SQLite file', { skip }, () => {
  it('makes the server unready when it can no longer grow', async () => {
    const file = await givenFile('full.db')
    // A limit of the kernel on file sizes: to SQLite it looks like a full disk.
    const limited = `trap '' XFSZ; ulimit -f 2000; exec "$0" "$@"`
    const flags = ['--port', '0', '--data', folder, '--database', `sqlite:${file}`]
    const child = spawn('sh', ['-c', limited, process.execPath, ...moduleCache, programFile, 'dev', ...flags], {
      env: { ...compileCache, LIFEGUARD_MASTER_KEY: masterKey },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    try {
      const url = await new Promise<string>((resolve) => {
        child.stdout.on('data', (chunk) => {
          said += chunk
          const found = /Endpoint\s+(http\S+)/.exec(said)?.[1]
          if (found !== undefined) resolve(found)
        })
      })
      const { call, ready } = clientOf(url)
      assert.equal(await ready(), 200)
      const refused = await until(
        'the file is full',
        () => call('CreateUserPool', { PoolName: 'x'.repeat(128), UserPoolTags: { filler: 'x'.repeat(256) } }),
        ({ status }) => status !== 200,
      )
      assert.deepEqual([refused.status, refused.type, refused.retryAfter], [503, 'ServiceUnavailable', '1'])
      await until('the log says so', async () => said.includes('The database could not execute a statement'))
      await until('/readyz is 503', ready, (status) => status === 503)
      assert.equal((await call('ListUserPools', { MaxResults: 1 })).status, 200)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it('makes the server unready while another process locks it, and the log says so once, and once when it works again', async () => {
    const sqlite = engines.find(({ name }) => name === 'sqlite')
    assert.ok(sqlite)
    const { logger, lines } = recordingLogger()
    await using server = await startTestServer(sqlite, { logger })
    const { ready } = clientOf(server.url)
    const other = new DatabaseSync(server.databaseUrl.replace('sqlite:', ''))
    other.exec('begin immediate')
    for (let check = 0; check < 3; check++) await until('/readyz is 503', ready, (status) => status === 503)
    await until('the log says so', async () => lines.some((line) => line.includes('this process is not ready')))
    other.exec('rollback')
    other.close()
    await until('/readyz is 200', ready, (status) => status === 200)
    const seen = lines.map((line) => JSON.parse(line)).filter(({ msg }) => /^The database can/.test(msg))
    assert.deepEqual(
      seen.map(({ level, msg }) => [level, msg]),
      [
        ['error', 'The database cannot be read or written; this process is not ready'],
        ['warn', 'The database can be read and written again'],
      ],
    )
    assert.equal(typeof seen[1].seconds, 'number')
  })

  for (const [part, of] of [
    [1, 4],
    [1, 2],
    [3, 4],
  ] as const) {
    it(`is rejected at the start when the page after ${part}/${of} of it is damaged`, async () => {
      const file = await givenFile(`damaged-${part}-${of}.db`)
      const start = Math.floor((statSync(file).size * part) / of / 4096) * 4096
      const descriptor = openSync(file, 'r+')
      writeSync(descriptor, Buffer.alloc(4096, 0x5a), 0, 4096, start)
      closeSync(descriptor)
      const env = { LIFEGUARD_DATABASE: `sqlite:${file}`, LIFEGUARD_MASTER_KEY: masterKey }
      const { code, stderr } = await lifeguard(['dev', '--port', '0', '--data', folder], env)
      assert.equal(code, 1)
      assert.match(
        stderr,
        /^lifeguard: --database: Cannot open the database .*damaged-.*\.db: it is damaged\. Restore it from a backup\.\n$/,
      )
    })
  }
})

for (const engine of engines) {
  describe(`An empty database, on ${engine.name}`, () => {
    async function given() {
      const database = await engine.createDatabase({ empty: true })
      const env = { LIFEGUARD_DATABASE: database.url, LIFEGUARD_MASTER_KEY: masterKey, LIFEGUARD_PUBLIC_URL: 'https://id.example.test' }
      return { ...database, env, file: database.url.replace('sqlite:', '') }
    }

    it('is rejected by serve', async () => {
      const { env, drop, file } = await given()
      const refusal = async () => {
        const { code, stderr } = await lifeguard(['serve', '--port', '0'], env)
        assert.equal(code, 1)
        return stderr
      }
      assert.match(await refusal(), /^lifeguard: --database: The database .*is (empty|missing)\. .*--create-database/)
      if (engine.name === 'sqlite') {
        assert.throws(() => statSync(file), /ENOENT/)
        closeSync(openSync(file, 'w'))
        assert.match(await refusal(), /is empty\./)
        assert.equal(statSync(file).size, 0)
      }
      await drop()
    })

    it('is accepted by serve once a command has set it up, and rejected again when it has lost its content', async () => {
      const { env, drop, file } = await given()
      assert.equal((await lifeguard(['keys', 'create'], env)).code, 0)
      await using server = new LifeguardProcess(['serve', '--port', '0'], env)
      assert.equal(await clientOf(await server.url()).ready(), 200)
      await server.stop()
      if (engine.name === 'sqlite') {
        truncateSync(file, 0)
        assert.equal((await lifeguard(['serve', '--port', '0'], env)).code, 1)
      }
      await drop()
    })

    it('is accepted by serve with --create-database', async () => {
      const { env, drop } = await given()
      await using server = new LifeguardProcess(['serve', '--port', '0', '--create-database'], env)
      assert.equal(await clientOf(await server.url()).ready(), 200)
      await server.stop()
      await drop()
    })
  })
}
