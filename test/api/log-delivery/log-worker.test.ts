import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newOrderedId } from '../../../src/base/ordered-id.ts'
import type { LogBatch, LogDestination } from '../../../src/log-delivery/destinations/destination.ts'
import type { FindLogDestination } from '../../../src/log-delivery/destinations/find-destination.ts'
import type { LogSink } from '../../../src/log-delivery/log-record.ts'
import { insertLogRecord } from '../../../src/log-delivery/log-record-repository.ts'
import { startLogWorker } from '../../../src/log-delivery/log-worker.ts'
import type { Db } from '../../../src/storage/db.ts'
import { engines } from '../../support/engines.ts'
import { recordingLogger } from '../../support/functions.ts'
import { createTestClock, type TestClock } from '../../support/test-clock.ts'
import { openTestStorage } from '../../support/test-storage.ts'
import { until } from '../../support/until.ts'

type Options = { readonly find: FindLogDestination; readonly holder?: string; readonly clock?: TestClock; readonly maxWaiting?: number }

/** A worker without a server, so that a test can say what a destination does. */
function startWorker(db: Db, { find, holder = 'one', clock = createTestClock(), maxWaiting = 100_000 }: Options) {
  const counts: Record<string, number> = {}
  const { lines, logger } = recordingLogger('info')
  const worker = startLogWorker({
    db,
    clock,
    logger,
    holder,
    findDestination: find,
    maxWaiting,
    metrics: {
      countLogRecords: (_kind, outcome, records) => {
        counts[outcome] = (counts[outcome] ?? 0) + records
      },
      countLogAttempt: () => undefined,
    },
  })
  return { clock, lines, counts, [Symbol.asyncDispose]: () => worker.close() }
}

/** A destination that keeps what it gets. It fails while `isDown` says so. */
function keeping(isDown: (batch: LogBatch) => boolean = () => false) {
  const batches: LogBatch[] = []
  const destination: LogDestination = {
    kind: 'url',
    target: 'https://events.example.test/',
    batchSize: 100,
    collectMs: 0,
    async deliver(batch) {
      if (isDown(batch)) throw new Error('down')
      batches.push(batch)
      return {}
    },
  }
  return { destination, batches, records: () => batches.flatMap(({ records }) => records.map(({ record }) => record)) }
}

async function queue(db: Db, poolId: string, numbers: readonly number[], sinks: readonly LogSink[] = ['url']): Promise<void> {
  for (const number of numbers) {
    const at = 1_700_000_000_000 + number
    await insertLogRecord(db, { poolId, sinks, id: newOrderedId(at), at, record: String(number) })
  }
}

const numbersTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const waitingIn = (db: Db) => db.selectFrom('log_record').select(['pool_id', 'sink', 'record']).orderBy('id').execute()

for (const engine of engines) {
  describe(`The worker that delivers log records on ${engine.name}`, () => {
    it('delivers all records in their order, in batches', async () => {
      await using storage = await openTestStorage(engine)
      await queue(storage.db, 'pool', numbersTo(250))
      const target = keeping()
      await using _worker = startWorker(storage.db, { find: async () => target.destination })
      await until('all are delivered', async () => (await waitingIn(storage.db)).length === 0)
      assert.deepEqual(target.records(), numbersTo(250).map(String))
      assert.deepEqual(
        target.batches.map(({ records }) => records.length),
        [100, 100, 50],
      )
    })

    it('is one process at a time, and another process takes over', async () => {
      await using storage = await openTestStorage(engine)
      const [first, next] = [keeping(), keeping()]
      const clock = createTestClock()
      await using one = startWorker(storage.db, { find: async () => first.destination, clock })
      await queue(storage.db, 'pool', numbersTo(20))
      await until('the first delivers', async () => (await waitingIn(storage.db)).length === 0)
      const other = startWorker(storage.db, { find: async () => next.destination, clock, holder: 'two' })
      await queue(storage.db, 'pool', [20, 21])
      await until('the first delivers again', async () => (await waitingIn(storage.db)).length === 0)
      assert.equal(next.batches.length, 0)
      await one[Symbol.asyncDispose]()
      await queue(storage.db, 'pool', [22])
      await until('the next delivers', async () => next.batches.length > 0)
      await other[Symbol.asyncDispose]()
      assert.deepEqual([first.records(), next.records()], [numbersTo(22).map(String), ['22']])
    })

    it('drops the oldest records beyond the limit, counts them and says so, and delivers the others later', async () => {
      await using storage = await openTestStorage(engine)
      let isDown = true
      const target = keeping(() => isDown)
      await queue(storage.db, 'pool', numbersTo(130))
      await queue(storage.db, 'other', numbersTo(3))
      await using worker = startWorker(storage.db, { find: async () => target.destination, maxWaiting: 100 })
      await until('only 100 wait', async () => (await waitingIn(storage.db)).length === 103)
      await until('they are counted', async () => worker.counts['dropped'])
      assert.equal(worker.counts['dropped'], 30)
      const line = worker.lines.find((one) => one.includes('The oldest were dropped'))
      assert.deepEqual([JSON.parse(line ?? '{}').dropped, JSON.parse(line ?? '{}').poolId], [30, 'pool'])
      isDown = false
      await until('all others are delivered', async () => {
        worker.clock.advance(60_000)
        return (await waitingIn(storage.db)).length === 0
      })
      const ofPool = target.batches.filter(({ poolId }) => poolId === 'pool').flatMap(({ records }) => records.map(({ record }) => record))
      assert.deepEqual(ofPool, numbersTo(130).slice(30).map(String))
    })

    it('delivers what healthy destinations get while more destinations hang than it has places', async () => {
      await using storage = await openTestStorage(engine)
      const healthy = keeping()
      const hanging = { ...healthy.destination, deliver: () => new Promise<never>(() => undefined) }
      for (const number of numbersTo(30)) await queue(storage.db, `hanging-${number}`, [number])
      const find: FindLogDestination = async ({ poolId }) => (poolId.startsWith('hanging') ? hanging : healthy.destination)
      await using _worker = startWorker(storage.db, { find })
      await queue(storage.db, 'pool', [1])
      // The first attempts take all places, until their time limit ends. Later attempts do not.
      await until('the delivery', async () => healthy.batches.length > 0)
      await queue(storage.db, 'pool', [2])
      await until('the next delivery', async () => healthy.batches.length > 1)
    })

    it('keeps records for a day that only the settings of another process know how to deliver', async () => {
      await using storage = await openTestStorage(engine)
      const clock = createTestClock()
      const at = clock.now()
      await insertLogRecord(storage.db, { poolId: 'pool', sinks: ['file'], id: newOrderedId(at), at, record: '{}' })
      let asked = 0
      const find: FindLogDestination = async () => {
        asked++
        return 'unset'
      }
      await using _worker = startWorker(storage.db, { find, clock })
      await until('two looks', async () => asked > 1)
      assert.equal((await waitingIn(storage.db)).length, 1)
      clock.advance(86_400_001)
      await until('it is dropped', async () => (await waitingIn(storage.db)).length === 0)
    })

    it('drops the records of a pool or destination that is gone', async () => {
      await using storage = await openTestStorage(engine)
      await queue(storage.db, 'pool', numbersTo(1200))
      await using _worker = startWorker(storage.db, { find: async () => 'gone' })
      await until('none waits', async () => (await waitingIn(storage.db)).length === 0)
    })

    it('goes on after the database has failed', async () => {
      await using storage = await openTestStorage(engine)
      const target = keeping()
      let failures = 1
      const find: FindLogDestination = async () => {
        if (failures-- > 0) throw new Error('broken')
        return target.destination
      }
      await queue(storage.db, 'pool', [1])
      await using worker = startWorker(storage.db, { find })
      await until('the delivery', async () => target.batches.length > 0)
      assert.equal(worker.lines.filter((line) => line.includes('could not be read')).length, 1)
    })
  })
}
