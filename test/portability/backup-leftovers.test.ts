import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { sql } from 'kysely'
import { createS3Target } from '../../src/portability/backup-jobs/s3-target.ts'
import { newIdentity } from '../../src/portability/container/sealing.ts'
import type { Db } from '../../src/storage/db.ts'
import { openStorage, type Storage } from '../../src/storage/open-storage.ts'
import { contentOf } from '../support/backup-files.ts'
import { backupFolder, makeBackup } from '../support/backup-jobs.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { startLocalS3 } from '../support/local-s3.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { until } from '../support/until.ts'

// The SDK finds credentials by its standard chain, whose first place is the environment of the process.
process.env['AWS_ACCESS_KEY_ID'] = 'AKIAOFTHEBACKUPS0000'
process.env['AWS_SECRET_ACCESS_KEY'] = 'secret-of-the-backups'

// A folder of its own shows what is left in it.
const temporary = mkdtempSync(join(tmpdir(), 'lifeguard-leftovers-'))
process.env['TMPDIR'] = temporary
after(() => rmSync(temporary, { recursive: true }))

const foldersLeft = () => readdirSync(temporary).filter((name) => name.startsWith('lifeguard-backup-'))

/** A server whose backups go into a bucket. */
async function givenBucket(engine: TestEngine) {
  const s3 = await startLocalS3()
  const { recipient } = await newIdentity()
  const flags = ['--backup-to', 's3://safe/daily', '--s3-endpoint', s3.url, '--backup-recipient', recipient, '--log-level', 'silent']
  const server = await startTestServer(engine, { flags })
  return {
    s3,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await s3[Symbol.asyncDispose]()
    },
  }
}

async function inStorage(server: TestServer, use: (storage: Storage) => Promise<unknown>): Promise<void> {
  const storage = await openStorage({ url: server.databaseUrl })
  try {
    await use(storage)
  } finally {
    await storage.close()
  }
}

/** Makes the database refuse to mark a backup as succeeded. */
async function refuseSuccess({ db, engine }: { db: Db; engine: string }): Promise<void> {
  const refusal =
    engine === 'sqlite'
      ? [
          sql`create trigger refuse_success before update on backup_job when new.status = 'SUCCEEDED' begin select raise(abort, 'refused'); end`,
        ]
      : [
          sql`create function refuse_success() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$`,
          sql`create trigger refuse_success before update on backup_job for each row when (new.status = 'SUCCEEDED') execute function refuse_success()`,
        ]
  for (const statement of refusal) await statement.execute(db)
}

for (const engine of engines) {
  describe(`A backup in a bucket on ${engine.name}`, () => {
    it('is deleted when it cannot be read back', async () => {
      await using given = await givenBucket(engine)
      given.s3.fail('refuse-reads')
      const backup = await makeBackup(given.server)
      assert.equal(backup?.FailureReason, 'The backup cannot be stored in the bucket (AccessDenied, status 403).')
      assert.deepEqual([[...given.s3.objects.keys()], foldersLeft()], [[], []])
    })

    it('is deleted when another server took its own for dead', async () => {
      await using given = await givenBucket(engine)
      const { s3, server } = given
      s3.beforeNextRead(() =>
        inStorage(server, ({ db }) =>
          db.updateTable('backup_job').set({ status: 'FAILED', finished_at: 1, failure: 'by another' }).execute(),
        ),
      )
      const backup = await makeBackup(server)
      assert.deepEqual([backup?.Status, backup?.FailureReason], ['FAILED', 'by another'])
      await until('an empty bucket', async () => s3.objects.size === 0)
    })

    it('is deleted when the end of its job cannot be recorded', async () => {
      await using given = await givenBucket(engine)
      await inStorage(given.server, refuseSuccess)
      const backup = await makeBackup(given.server)
      assert.deepEqual([backup?.Status, backup?.FailureReason], ['FAILED', 'The backup failed. The log of the server has the reason.'])
      await until('an empty bucket', async () => given.s3.objects.size === 0)
    })

    it('is deleted after its server was killed between the upload and the end of the job', async () => {
      await using given = await givenBucket(engine)
      const { s3, server } = given
      const good = await makeBackup(server)
      await inStorage(server, ({ db }) => db.updateTable('backup_job').set({ status: 'RUNNING', holder: 'killed' }).execute())
      const next = await makeBackup(server)
      assert.equal(next?.Status, 'SUCCEEDED')
      assert.notEqual(next.Location, good?.Location)
      assert.deepEqual([...s3.objects.keys()], [next.Location?.slice('s3://'.length)])
    })
  })
}

describe('Temporary folders of backups', () => {
  it('are removed at the start of a server when their process has ended', async () => {
    const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
    await once(child, 'exit')
    const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
    const folders = {
      ofDead: `lifeguard-backup-${host}-${child.pid}-aaaaaa`,
      ofRunning: `lifeguard-backup-${host}-${process.ppid}-bbbbbb`,
      ofSameId: `lifeguard-backup-${host}-${process.pid}-cccccc`,
      ofOtherMachine: `lifeguard-backup-01234567-${child.pid}-dddddd`,
      oldOfOtherMachine: `lifeguard-backup-01234567-${child.pid}-eeeeee`,
      ofAnother: 'lifeguard-backup-notes',
    }
    for (const name of Object.values(folders)) {
      mkdirSync(join(temporary, name))
      writeFileSync(join(temporary, name, 'file'), 'rows')
    }
    const dayAgo = Date.now() / 1000 - 90_000
    utimesSync(join(temporary, folders.oldOfOtherMachine, 'file'), dayAgo, dayAgo)
    utimesSync(join(temporary, folders.oldOfOtherMachine), dayAgo, dayAgo)
    const [engine] = engines
    assert.ok(engine)
    await using given = await givenBucket(engine)
    await makeBackup(given.server)
    assert.deepEqual(foldersLeft().sort(), [folders.ofRunning, folders.ofOtherMachine, folders.ofAnother].sort())
    for (const name of foldersLeft()) rmSync(join(temporary, name), { recursive: true })
  })
})

describe('An upload to a bucket', () => {
  it('goes in several parts, which together are the file', { timeout: 120_000 }, async () => {
    await using s3 = await startLocalS3()
    using folder = await backupFolder()
    const { recipient } = await newIdentity()
    const partBytes = 5 * 1024 * 1024
    const target = createS3Target({ address: 's3://safe', region: 'us-east-1', endpoint: s3.url, partBytes })
    // Random texts, because the file is compressed.
    const rows = Array.from({ length: 24 }, (_, at) => ({ id: String(at), message: randomBytes(384 * 1024).toString('base64') }))
    const name = 'lifeguard-20260101T000000Z-0123abcd.backup'
    const { location, bytes } = await target.store(
      name,
      contentOf({ inbox_message: rows }),
      { recipients: [recipient] },
      new AbortController().signal,
    )
    assert.ok(bytes > 9_000_000 && bytes < 4 * partBytes, String(bytes))
    assert.deepEqual(s3.partCounts, [Math.ceil(bytes / partBytes)])
    assert.equal(s3.objects.get(location.slice('s3://'.length))?.length, bytes)

    const stop = new AbortController()
    const content = contentOf({ inbox_message: rows })
    s3.beforeNextRead(async () => stop.abort())
    await assert.rejects(target.store(name.replace('abcd', 'ef01'), content, { recipients: [recipient] }, stop.signal), {
      name: 'PortabilityError',
    })
    assert.equal(s3.openUploads(), 0)
    assert.deepEqual([foldersLeft(), readdirSync(folder.path)], [[], []])
    target.close()
  })
})
