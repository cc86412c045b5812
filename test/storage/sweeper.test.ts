import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { consumeState, sweepConsumedStates } from '../../src/storage/consumed-state-repository.ts'
import { type Sweep, type SweepMetrics, startSweeper } from '../../src/storage/sweeper.ts'
import { createMetrics } from '../../src/web/metrics.ts'
import { engines } from '../support/engines.ts'
import { parseMetrics } from '../support/metrics.ts'
import { createTestClock } from '../support/test-clock.ts'
import { openTestStorage, type TestStorage } from '../support/test-storage.ts'

const day = 86_400_000
/** The interval between sweeps. It is so long that during a test no sweep runs except those that the test itself calls. */
const intervalMs = 3_600_000

function counting(name = 'count') {
  const calls: number[] = []
  const sweep: Sweep = {
    name,
    run: async (_tx, now) => {
      calls.push(now)
      return 0
    },
  }
  return { calls, sweep }
}

function starter(storage: TestStorage, clock = createTestClock()) {
  const errors: object[] = []
  const logger = { warn: () => undefined, error: (fields: object) => errors.push(fields) }
  return {
    clock,
    errors,
    start: (holder: string, sweeps: readonly Sweep[], metrics?: SweepMetrics) =>
      startSweeper({ db: storage.db, clock, logger, holder, sweeps, ...(metrics && { metrics }), intervalMs, batchSize: 10 }),
  }
}

for (const engine of engines) {
  describe(`the sweeper on ${engine.name}`, () => {
    it('deletes in small batches until nothing expired is left', async () => {
      await using storage = await openTestStorage(engine)
      const { clock, start } = starter(storage)
      await storage.db.transaction().execute(async (tx) => {
        for (let i = 0; i < 25; i++) await consumeState(tx, `old ${i}`, clock.now() - day)
        await consumeState(tx, 'new', clock.now() + day)
      })
      const batches: number[] = []
      const sweep: Sweep = {
        name: 'spent states',
        async run(tx, now, batchSize) {
          const found = await sweepConsumedStates(tx, now, batchSize)
          batches.push(found)
          return found
        },
      }
      const sweeper = start('a', [sweep])
      await sweeper.sweep()
      assert.deepEqual(batches, [10, 10, 5])
      assert.deepEqual(await storage.db.selectFrom('spent_state').select('id').execute(), [{ id: 'new' }])
      await sweeper.close()
    })

    it('works in one process at a time, and in another one after the first has closed or its lease has expired', async () => {
      await using storage = await openTestStorage(engine)
      const { clock, start } = starter(storage)
      const [first, second, third] = [counting(), counting(), counting()]
      const one = start('one', [first.sweep])
      const two = start('two', [second.sweep])
      const three = start('three', [third.sweep])
      const called = () => [first, second, third].map(({ calls }) => calls.length)

      await one.sweep()
      await two.sweep()
      await one.sweep()
      assert.deepEqual(called(), [2, 0, 0])
      await one.close()
      await two.sweep()
      assert.deepEqual(called(), [2, 1, 0])
      // The second sweeper is not closed, so the third one sweeps only after the lease of the second one has expired.
      await three.sweep()
      assert.deepEqual(called(), [2, 1, 0])
      clock.advance(intervalMs * 3)
      await three.sweep()
      assert.deepEqual(called(), [2, 1, 1])
      await two.close()
      await three.close()
    })

    it('shows in the metrics when each sweep last succeeded, which sweeps failed, and which process has the lease', async () => {
      await using storage = await openTestStorage(engine)
      const { clock, start } = starter(storage)
      const { sweep } = counting('good')
      const failing: Sweep = { name: 'failing', run: () => Promise.reject(new Error('It fails.')) }
      const metrics = createMetrics()
      const [one, two] = [start('one', [failing, sweep], metrics.sweeps), start('two', [sweep], metrics.sweeps)]
      assert.deepEqual([one.hasLease(), two.hasLease()], [false, false])
      await one.sweep()
      const sweptAt = clock.now()
      clock.advance(1000)
      await two.sweep()
      assert.deepEqual([one.hasLease(), two.hasLease()], [true, false])
      const { valuesOf } = parseMetrics(await metrics.text())
      assert.deepEqual(valuesOf('lifeguard_sweep_last_success_timestamp_seconds'), { 'sweep=good': sweptAt / 1000 })
      assert.deepEqual(valuesOf('lifeguard_sweep_failures_total'), { 'sweep=failing': 1 })
      clock.advance(intervalMs * 3)
      assert.equal(one.hasLease(), false)
      await one.close()
      await two.close()
    })

    it('logs a sweep that fails, once a minute, and goes on with the others', async () => {
      await using storage = await openTestStorage(engine)
      const { errors, start } = starter(storage)
      const { calls, sweep } = counting()
      const failing: Sweep = {
        name: 'failing',
        run: (tx) =>
          tx
            .selectFrom('no_such_table' as 'user')
            .selectAll()
            .execute()
            .then(() => 0),
      }
      const sweeper = start('a', [failing, sweep])
      await sweeper.sweep()
      await sweeper.sweep()
      assert.equal(calls.length, 2)
      assert.deepEqual(
        errors.map((fields) => (fields as { sweep: string }).sweep),
        ['failing'],
      )
      await sweeper.close()
    })

    it('logs a sweep that exceeds the time limit of a statement, and goes on with the others', async (t) => {
      if (engine.name === 'sqlite') return t.skip('SQLite has no limit on the time of a statement')
      await using storage = await openTestStorage(engine)
      const { errors, start } = starter(storage)
      const { calls, sweep } = counting()
      const slow: Sweep = {
        name: 'slow',
        async run(tx) {
          await sql`set local statement_timeout = 10`.execute(tx)
          await sql`select pg_sleep(60)`.execute(tx)
          return 0
        },
      }
      const sweeper = start('a', [slow, sweep])
      await sweeper.sweep()
      assert.equal(calls.length, 1)
      assert.deepEqual(
        errors.map((fields) => (fields as { sweep: string }).sweep),
        ['slow'],
      )
      await sweeper.close()
    })

    it('stops after the current batch when it is closed', async () => {
      await using storage = await openTestStorage(engine)
      const { start } = starter(storage)
      let batches = 0
      const { promise: closing, resolve: close } = Promise.withResolvers<void>()
      const endless: Sweep = {
        name: 'endless',
        run: async (_tx, _now, batchSize) => {
          if (++batches === 3) close()
          return batchSize
        },
      }
      const after = counting()
      const sweeper = start('a', [endless, after.sweep])
      const sweeping = sweeper.sweep()
      await closing
      await sweeper.close()
      await sweeping
      assert.equal(batches, 3)
      assert.deepEqual(after.calls, [])
      assert.deepEqual(await storage.db.selectFrom('lease').selectAll().execute(), [])
    })
  })
}
