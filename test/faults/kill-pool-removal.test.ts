import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createPoolRemoval, markPoolDeleted } from '../../src/pools/pool-deletion-repository.ts'
import { insertPool } from '../../src/pools/pool-repository.ts'
import { type Sweep, startSweeper } from '../../src/storage/sweeper.ts'
import { testPool } from '../api/messaging/messaging-setup.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { insertManyUsers, rowsOfPool } from '../support/pool-rows.ts'
import { moduleCache } from '../support/run-cache.ts'
import { createTestClock } from '../support/test-clock.ts'
import { openTestStorage } from '../support/test-storage.ts'

const worker = fileURLToPath(new URL('pool-removal-worker.ts', import.meta.url))

const pool = testPool()
const other = testPool({ id: 'us-east-1_Neighbour' })
const hourMs = 3_600_000
const total = (rows: Record<string, number>) => Object.values(rows).reduce((sum, count) => sum + count, 0)

/** Two pools with users. One of them was just deleted. */
async function givenDeletedPool(engine: TestEngine) {
  const storage = await openTestStorage(engine)
  const { db } = storage
  const clock = createTestClock()
  for (const each of [pool, other]) await insertPool(db, each)
  await insertManyUsers(db, pool.id, 2500)
  await insertManyUsers(db, other.id, 10)
  await db.transaction().execute((tx) => markPoolDeleted(tx, pool.id, clock.now()))
  return Object.assign(storage, { clock })
}

function startOwnSweeper({ db, clock }: Awaited<ReturnType<typeof givenDeletedPool>>, onBatch: () => Promise<unknown>) {
  const remove = createPoolRemoval()
  const sweep: Sweep = {
    name: 'rows of deleted pools',
    async run(tx, now, limit) {
      await onBatch()
      return (await remove(tx, now)) ? limit : 0
    },
  }
  const logger = { warn: () => undefined, error: (fields: object) => assert.fail(JSON.stringify(fields)) }
  return startSweeper({ db, clock, logger, holder: 'this one', sweeps: [sweep], intervalMs: hourMs })
}

for (const engine of engines) {
  describe(`The deletion of the rows of a deleted pool on ${engine.name}`, () => {
    it('is done in batches with a commit each, and touches no other pool', async () => {
      await using storage = await givenDeletedPool(engine)
      const { db, clock } = storage
      const kept = await rowsOfPool(db, other.id)
      const left: number[] = []
      // `left` gets the number of rows that other transactions see during each batch. On SQLite that is the number before the batch.
      const sweeper = startOwnSweeper(storage, async () => left.push(total(await rowsOfPool(db, pool.id))))
      await sweeper.sweep()
      const steps = left.slice(1).map((count, at) => (left[at] ?? 0) - count)
      assert.ok(left[0] === 2500 * 6 && left.length > 7, `what was left before each batch: ${left}`)
      assert.ok(
        steps.every((step) => step < 2500),
        `rows of each batch: ${steps}`,
      )
      assert.deepEqual(await rowsOfPool(db, pool.id), {})
      clock.advance(2 * hourMs)
      await sweeper.sweep()
      assert.deepEqual(await db.selectFrom('deleted_pool').select('id').execute(), [])
      assert.deepEqual(await rowsOfPool(db, other.id), kept)
      await sweeper.close()
    })

    it('lets other transactions run between two batches', async () => {
      await using storage = await givenDeletedPool(engine)
      const { db } = storage
      const others: Promise<unknown>[] = []
      const sweeper = startOwnSweeper(storage, async () => {
        // This write began during the previous batch. On SQLite, it can end only between two batches: a batch holds the only write lock.
        await others.at(-1)
        const name = `request ${others.length}`
        others.push(db.transaction().execute((tx) => tx.insertInto('installation').values({ name, value: '' }).execute()))
      })
      await sweeper.sweep()
      assert.ok(others.length > 7)
      await Promise.all(others)
      await sweeper.close()
    })

    it('is finished by another process when one is killed in the middle of a batch', { timeout: 120_000 }, async () => {
      await using storage = await givenDeletedPool(engine)
      const { db, clock } = storage
      const before = total(await rowsOfPool(db, pool.id))
      const args = [...moduleCache, worker, storage.url, String(clock.now())]
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      assert.ok(child.stdout)
      for await (const line of createInterface(child.stdout)) if (line === 'in the middle') child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      const between = total(await rowsOfPool(db, pool.id))
      assert.ok(between > 0 && between < before, `${between} of ${before} are left`)

      const sweeper = startOwnSweeper(storage, async () => undefined)
      await sweeper.sweep()
      assert.equal(total(await rowsOfPool(db, pool.id)), between, 'the killed process still has the lease')
      clock.advance(hourMs)
      await sweeper.sweep()
      assert.deepEqual(await rowsOfPool(db, pool.id), {})
      await sweeper.close()
    })
  })
}
