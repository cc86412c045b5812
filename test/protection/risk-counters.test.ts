import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { markPoolDeleted } from '../../src/pools/pool-deletion-repository.ts'
import { insertPool } from '../../src/pools/pool-repository.ts'
import { type Counter, decayCounters, findCounters } from '../../src/protection/risk/counter-repository.ts'
import { levels } from '../../src/protection/risk/levels.ts'
import { createWorlds } from '../../src/protection/risk/world.ts'
import type { Db } from '../../src/storage/db.ts'
import { sweepsOf } from '../../src/sweeps.ts'
import { testPool } from '../api/messaging/messaging-setup.ts'
import { engines } from '../support/engines.ts'
import { recordingLogger } from '../support/functions.ts'
import { sweepDeletions } from '../support/sweep-deletions.ts'
import { createTestClock } from '../support/test-clock.ts'
import { openTestStorage } from '../support/test-storage.ts'

const pool = testPool()
const { id: poolId } = pool
const home = { ip: '84.150.0.1', country: 'DE', userAgent: 'hash', browser: 'Chrome 126', system: 'Windows 10', deviceKind: 'desktop' }
const dayMs = 86_400_000

const countsOf = async (db: Db) =>
  Object.fromEntries((await findCounters(db, poolId)).map(({ level, value, count }) => [`${level} ${value}`, count]))
const once = { 'ip 84.150.0.1': 1, 'network 84.150': 1, 'country DE': 1, 'userAgent hash': 1, 'browser Chrome 126': 1 }
const everyValue = { ...once, 'system Windows 10': 1, 'deviceKind desktop': 1, 'sign-ins ': 1, 'users ': 1 }
const times = (factor: number, counts: Readonly<Record<string, number>> = everyValue) =>
  Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, count * factor]))

for (const engine of engines) {
  describe(`The counts of sign-ins on ${engine.name}`, () => {
    async function open() {
      const storage = await openTestStorage(engine)
      await insertPool(storage.db, pool)
      const clock = createTestClock()
      const { logger, lines } = recordingLogger()
      /** Another process: what it counts is written at its end. */
      const process = async (signIns: number, traits: (index: number) => object = () => home, isFirst = true) => {
        const worlds = createWorlds({ db: storage.db, clock, logger })
        await worlds.find(poolId)
        for (let index = 0; index < signIns; index++) worlds.count(poolId, traits(index), isFirst)
        return worlds
      }
      return { storage, db: storage.db, clock, lines, process, [Symbol.asyncDispose]: () => storage[Symbol.asyncDispose]() }
    }

    it('that cannot be written are given up, with a warning in the log', async () => {
      await using at = await open()
      const process = await at.process(1)
      await at.db.schema.dropTable('risk_counter').execute()
      await process.close()
      assert.match(at.lines.join(''), /"Counts of sign-ins were not written\."/)
    })

    it('are written at the end of a process, and a new process knows them', async () => {
      await using at = await open()
      const worlds = await at.process(3)
      assert.deepEqual(await countsOf(at.db), {})
      await worlds.close()
      assert.deepEqual(await countsOf(at.db), times(3))
      const next = await at.process(0)
      const world = await next.find(poolId)
      assert.deepEqual([world.signIns, world.users, world.count('ip', home.ip), world.count('ip', '192.0.2.1')], [3, 3, 3, 0])
      await next.close()
    })

    it('of two processes that write at once are added together', async () => {
      await using at = await open()
      const processes = await Promise.all([4, 5, 6].map((signIns) => at.process(signIns)))
      await Promise.all(processes.map((worlds) => worlds.close()))
      assert.deepEqual(await countsOf(at.db), times(15))
    })

    it('count a user once, and what is not known as a value of its own', async () => {
      await using at = await open()
      await (await at.process(2, () => ({}), false)).close()
      const { 'sign-ins ': signIns, 'users ': users, 'ip ': ip, 'network ': network, 'browser ': browser } = await countsOf(at.db)
      assert.deepEqual([signIns, users, ip, network, browser], [2, undefined, 2, 2, 2])
    })

    it('lose a fiftieth once a day, at least 1, and are deleted at 0', async () => {
      await using at = await open()
      await (await at.process(100)).close()
      await (await at.process(1, () => ({ ...home, ip: '192.0.2.1' }))).close()
      const decay = (now: number, limit = 1000) =>
        at.db.transaction().execute((tx) => decayCounters(tx, { before: now - dayMs, now }, limit))
      const before = await countsOf(at.db)
      assert.equal(await decay(at.clock.now() + dayMs), 0)
      assert.deepEqual(await countsOf(at.db), before)
      const later = at.clock.now() + dayMs + 1
      assert.equal(await decay(later, 4), 4)
      while ((await decay(later, 4)) > 0);
      const after = await countsOf(at.db)
      assert.deepEqual([after['sign-ins '], after['ip 84.150.0.1'], after['ip 192.0.2.1']], [99, 98, undefined])
      for (let day = 1; day < 250; day++) await decay(later + day * (dayMs + 1))
      assert.deepEqual(await countsOf(at.db), {})
    })

    it('are decayed by the sweep of the server', async () => {
      await using at = await open()
      await (await at.process(1)).close()
      const retention = { messageRecordsHours: 1, triggerRecordsHours: 1, auditDays: 1, authEventDays: 1, auditStream: undefined }
      const sweep = sweepsOf(retention).find(({ name }) => name === 'counts of sign-ins') ?? assert.fail('no such sweep')
      await at.db.transaction().execute((tx) => sweep.run(tx, at.clock.now() + dayMs + 1, 1000))
      assert.deepEqual(await countsOf(at.db), {})
    })

    it('are deleted with their pool, and are not written after that', async () => {
      await using at = await open()
      await (await at.process(1)).close()
      const late = await at.process(5)
      assert.equal(await at.db.transaction().execute((tx) => markPoolDeleted(tx, poolId, at.clock.now())), true)
      await late.close()
      assert.deepEqual(await countsOf(at.db), everyValue)
      await sweepDeletions(at.db, at.clock.now())
      assert.deepEqual(await countsOf(at.db), {})
    })

    it('stay bounded under a flood of new values, and the values that are known go on being counted', async () => {
      await using at = await open()
      await (await at.process(10)).close()
      const flood = (index: number) => ({
        ...home,
        userAgent: `forged ${index}`,
        browser: `forged ${index}`,
        ip: `2001:db8::${index.toString(16)}`,
      })
      for (let round = 0; round < 3; round++) {
        await (await at.process(6000, (index) => flood(round * 6000 + index), false)).close()
        await (await at.process(1, () => home, false)).close()
      }
      const counters: readonly Counter[] = await findCounters(at.db, poolId)
      for (const level of levels) {
        const values = counters.filter((counter) => counter.level === level).length
        assert.ok(values <= 5000, `${level}: ${values}`)
      }
      const { 'userAgent hash': known, 'sign-ins ': signIns, 'country DE': country } = await countsOf(at.db)
      assert.deepEqual([known, signIns, country], [13, 18_013, 18_013])
    })

    it('count a value that is new and frequent, however often it comes before the counts are loaded again', async () => {
      await using at = await open()
      await (await at.process(7000)).close()
      await (await at.process(1, () => ({ ...home, ip: '192.0.2.1' }))).close()
      const { 'ip 84.150.0.1': frequent, 'ip 192.0.2.1': next } = await countsOf(at.db)
      assert.deepEqual([frequent, next], [7000, 1])
    })
  })
}
