import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { dayMs } from '../../../src/base/durations.ts'
import { createSecrets } from '../../../src/base/secrets.ts'
import { findPool, insertPool } from '../../../src/pools/pool-repository.ts'
import { quotasWith } from '../../../src/pools/quotas.ts'
import { formatReaders } from '../../../src/portability/import/format-readers.ts'
import type { Storage } from '../../../src/storage/open-storage.ts'
import { splitLines } from '../../../src/users/import/csv.ts'
import { findNextChunk, sweepChunks } from '../../../src/users/import/import-chunk-repository.ts'
import { blankJob, type ImportJob } from '../../../src/users/import/import-job.ts'
import { findImportJob, insertImportJob, sweepUnstartedJobs, updateImportJob } from '../../../src/users/import/import-job-repository.ts'
import { rowsPerChunk } from '../../../src/users/import/pack-chunks.ts'
import { storeUpload, type UploadDeps } from '../../../src/users/import/store-upload.ts'
import { testPool } from '../../api/messaging/messaging-setup.ts'
import { engines } from '../../support/engines.ts'
import { createTestClock } from '../../support/test-clock.ts'
import { openTestStorage } from '../../support/test-storage.ts'

const poolId = 'us-east-1_abcdefghi'

async function givenJob({ db }: Storage, id: string, createdAt: number) {
  const job: ImportJob = {
    ...blankJob,
    ...{ name: 'test', roleArn: 'arn:aws:iam::123456789012:role/logs', algorithm: null },
    ...{ format: null, isDryRun: false, sealedOptions: null },
    poolId,
    id,
    createdAt,
  }
  if ((await findPool(db, poolId)) === undefined) await insertPool(db, testPool({ id: poolId }))
  await db.transaction().execute((tx) => insertImportJob(tx, job))
  return { poolId, jobId: id }
}

function depsOn({ db }: Storage): UploadDeps & { clock: ReturnType<typeof createTestClock> } {
  return { db, secrets: createSecrets(randomBytes(32)), clock: createTestClock(), quotas: quotasWith(), importFormats: formatReaders }
}

async function countChunks({ db }: Storage): Promise<number> {
  return (await db.selectFrom('import_chunk').select('number').execute()).length
}

const row = `${'x'.repeat(90)},b\n`

/** A file of `rows` rows, in pieces of about 64 KB. Calls `onPiece` before each piece, with the number of rows sent so far. */
async function* file(rows: number, onPiece: (sent: number) => Promise<void> = async () => undefined): AsyncGenerator<Buffer> {
  yield Buffer.from('header\n')
  const perPiece = 700
  for (let sent = 0; sent < rows; sent += perPiece) {
    await onPiece(sent)
    yield Buffer.from(row.repeat(Math.min(perPiece, rows - sent)))
  }
}

for (const engine of engines) {
  describe(`Uploads of import jobs on ${engine.name}`, () => {
    it('are stored sealed, in chunks of 100 whole lines', async () => {
      await using storage = await openTestStorage(engine)
      const deps = depsOn(storage)
      const key = await givenJob(storage, 'import-1', deps.clock.now())
      assert.equal(await storeUpload(deps, key, file(1001)), undefined)
      const job = await findImportJob(storage.db, key)
      assert.equal(job?.header, 'header')
      assert.equal(await countChunks(storage), Math.ceil(1001 / rowsPerChunk))
      const first = await findNextChunk(storage.db, deps.secrets, { ...key, uploadId: job.uploadId ?? '' })
      assert.equal(first?.firstLine, 2)
      assert.deepEqual(splitLines(first.lines).map(String), Array<string>(rowsPerChunk).fill(row.trim()))
      const rows = await storage.db.selectFrom('import_chunk').select('sealed_lines').execute()
      assert.ok(rows.every(({ sealed_lines }) => /^[\w-]+$/.test(sealed_lines)))
    })

    it('are written while they arrive, with less than 2 MB in memory', async () => {
      await using storage = await openTestStorage(engine)
      const deps = depsOn(storage)
      const key = await givenJob(storage, 'import-1', deps.clock.now())
      let maximumRows = 0
      /** Measures how many rows were received and are not in the database yet. Keeps the maximum in `maximumRows`. */
      async function measureRowsInMemory(sent: number) {
        const last = await storage.db
          .selectFrom('import_chunk')
          .select(({ fn }) => fn.max('first_line').as('line'))
          .executeTakeFirst()
        const stored = last?.line ? Number(last.line) - 2 + rowsPerChunk : 0
        maximumRows = Math.max(maximumRows, sent - stored)
      }
      assert.equal(await storeUpload(deps, key, file(100_000, measureRowsInMemory)), undefined)
      assert.ok(maximumRows * row.length < 2 * 1024 * 1024, `${maximumRows} rows`)
      const sizes = await storage.db.selectFrom('import_chunk').select('sealed_lines').execute()
      assert.ok(Math.max(...sizes.map(({ sealed_lines }) => sealed_lines.length)) < 512 * 1024)
    })

    it('are stored in chunks of fewer lines when the lines are long', async () => {
      await using storage = await openTestStorage(engine)
      const deps = depsOn(storage)
      const key = await givenJob(storage, 'import-1', deps.clock.now())
      async function* longRows() {
        yield Buffer.from('header')
        for (let count = 0; count < 40; count++) yield Buffer.from(`\n${'x'.repeat(100_000)}`)
      }
      await storeUpload(deps, key, longRows())
      const sizes = await storage.db.selectFrom('import_chunk').select('sealed_lines').execute()
      assert.equal(sizes.length, 8)
      assert.ok(Math.max(...sizes.map(({ sealed_lines }) => sealed_lines.length)) < 512 * 1024)
    })

    it('leave no chunks when the connection breaks', async () => {
      await using storage = await openTestStorage(engine)
      const deps = depsOn(storage)
      const key = await givenJob(storage, 'import-1', deps.clock.now())
      async function* broken() {
        yield* file(30_000)
        throw new Error('The connection is gone')
      }
      await assert.rejects(storeUpload(deps, key, broken()), /gone/)
      assert.equal(await countChunks(storage), 0)
      assert.equal((await findImportJob(storage.db, key))?.uploadId, null)
    })

    it('are swept when their job has expired, and kept for new and running jobs', async () => {
      await using storage = await openTestStorage(engine)
      const deps = depsOn(storage)
      const { db } = storage
      const now = deps.clock.now()
      const expired = await givenJob(storage, 'import-expired', now)
      await storeUpload(deps, expired, file(500))
      deps.clock.advance(dayMs)
      const created = await givenJob(storage, 'import-created', deps.clock.now())
      await storeUpload(deps, created, file(500))
      const running = await givenJob(storage, 'import-running', now)
      await storeUpload({ ...deps, clock: { now: () => now } }, running, file(500))
      const stored = await findImportJob(db, running)
      assert.ok(stored)
      await db.transaction().execute((tx) => updateImportJob(tx, { ...stored, status: 'InProgress' }))

      const sweep = () => db.transaction().execute((tx) => sweepChunks(tx, 2))
      assert.equal(await sweep(), 0)
      assert.equal(await db.transaction().execute((tx) => sweepUnstartedJobs(tx, deps.clock.now(), 10)), 1)
      assert.equal((await findImportJob(db, expired))?.status, 'Expired')
      assert.deepEqual([await sweep(), await sweep(), await sweep(), await sweep()], [2, 2, 1, 0])
      assert.equal(await countChunks(storage), 10)
    })
  })
}
