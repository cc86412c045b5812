import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CreateUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { pino } from 'pino'
import { networksOf } from '../../src/protection/stuffing/networks.ts'
import { countOf, countOfOnly, emptySketch, type Sketch, withHash } from '../../src/protection/stuffing/sketch.ts'
import { changeTallies, countSlowed, listSlowedNetworks, sweepStuffing } from '../../src/protection/stuffing/stuffing-repository.ts'
import { createTallies } from '../../src/protection/stuffing/tallies.ts'
import { emptyTally, type Tally, withOutcome } from '../../src/protection/stuffing/tally.ts'
import { openStorage } from '../../src/storage/open-storage.ts'
import { engines, type TestEngine } from '../support/engines.ts'
import { createTestClock } from '../support/test-clock.ts'
import { startTestServer } from '../support/test-server.ts'

/** Hashes that look random, and are the same in each run. */
const hashOf = (value: number): number => Number((BigInt(value + 1) * 0x9e3779b97f4a7c15n) >> 32n) % 2 ** 32

const sketchOf = (values: readonly number[]): Sketch => values.reduce((sketch, value) => withHash(sketch, hashOf(value)), emptySketch)
const numbers = (count: number, from = 0): readonly number[] => Array.from({ length: count }, (_, at) => from + at)

describe('The networks of an address', () => {
  it('are the address and its surroundings, in one form', () => {
    const names = {
      '203.0.113.7': ['203.0.113.7/32', '203.0.113.0/24'],
      '::ffff:203.0.113.7': ['203.0.113.7/32', '203.0.113.0/24'],
      '2001:db8:1:2:3:4:5:6': ['2001:db8:1:2::/64', '2001:db8:1::/48'],
      '2001:0DB8:0001::1': ['2001:db8:1::/64', '2001:db8:1::/48'],
      '2001:db8::': ['2001:db8::/64', '2001:db8::/48'],
      '::1': ['::/64', '::/48'],
      'fe80::1%eth0': ['fe80::/64', 'fe80::/48'],
      localhost: [],
      '': [],
    }
    for (const [ip, expected] of Object.entries(names)) {
      assert.deepEqual(
        networksOf(ip).map(({ name }) => name),
        expected,
      )
    }
    assert.deepEqual(networksOf(undefined), [])
  })
})

describe('A sketch of the users who failed', () => {
  it('counts up to 64 users exactly, and each of them once', () => {
    for (const count of [0, 1, 10, 64]) assert.equal(countOf(sketchOf([...numbers(count), ...numbers(count)])), count)
  })

  it('counts more users about right, and does not grow', () => {
    for (const count of [200, 1000, 20_000]) {
      const sketch = sketchOf(numbers(count))
      assert.ok(sketch.hashes.length <= 64)
      assert.ok(Math.abs(countOf(sketch) / count - 1) < 0.4, `${countOf(sketch)} for ${count}`)
    }
  })

  it('tells users who failed only from those who also signed in', () => {
    assert.equal(countOfOnly(sketchOf(numbers(30)), sketchOf(numbers(20, 20))), 20)
    const many = countOfOnly(sketchOf(numbers(1000)), sketchOf(numbers(500)))
    assert.ok(many > 300 && many < 700, String(many))
  })
})

for (const engine of engines) {
  describe(`The stored networks with failures on ${engine.name}`, () => {
    it('are bounded in a flood, which does not push out a network that is slowed down', async () => {
      await using pool = await openPool(engine)
      const { db, poolId, now } = pool
      const slowed: Tally = { ...tallyOf(3, now), level: 1, slowedSince: now, slowedUntil: now + 60_000 }
      const store = (networks: readonly string[], tally: Tally) =>
        db.transaction().execute((tx) => changeTallies(tx, poolId, { networks, now, change: () => tally }))
      await store(['slowed'], slowed)
      for (let batch = 0; batch < 52; batch++)
        await store(
          numbers(100, batch * 100).map((at) => `network-${at}`),
          tallyOf(3, now),
        )
      const { count } = await db
        .selectFrom('stuffing_network')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      assert.equal(Number(count), 5000)
      const listed = await listSlowedNetworks(db, poolId, { now, after: undefined, limit: 10 })
      assert.deepEqual([listed.map(({ id }) => id), await countSlowed(db, now)], [['slowed'], 1])
    })

    it('are swept when they say nothing any more', async () => {
      await using pool = await openPool(engine)
      const { db, poolId, now } = pool
      await db.transaction().execute((tx) => changeTallies(tx, poolId, { networks: ['a'], now, change: () => tallyOf(3, now) }))
      assert.equal(await sweepStuffing(db, now, 10), 0)
      assert.equal(await sweepStuffing(db, now + 21 * 60_000, 10), 1)
      assert.equal(await sweepStuffing(db, now + 21 * 60_000, 10), 0)
    })

    it('are not stored for a pool that does not exist', async () => {
      await using pool = await openPool(engine)
      const { db, now } = pool
      const change = { networks: ['a'], now, change: () => tallyOf(3, now) }
      const changed = await db.transaction().execute((tx) => changeTallies(tx, 'us-east-1_gone', change))
      assert.equal(changed.size, 0)
    })

    it('are bounded in the memory of a process: a flood makes it forget the networks that were used least lately', async () => {
      await using pool = await openPool(engine)
      const { db, poolId, clock } = pool
      const tallies = createTallies({ db, clock, logger: pino({ enabled: false }), whenSlowed: () => undefined })
      const fail = async (ip: string, users: number) => {
        for (const user of numbers(users)) await tallies.count(poolId, networksOf(ip), 'failed', hashOf(user))
      }
      await fail('203.0.113.7', 3)
      assert.deepEqual(tallies.reasonOf(poolId, '203.0.113.9'), { name: 'network-failures', points: 3 })
      assert.deepEqual(tallies.reasonOf(poolId, '203.0.113.7'), { name: 'network-failures', points: 6 })
      for (const at of numbers(6000)) await fail(`2001:${(at % 5000) + 1000}:${Math.floor(at / 5000)}::1`, 1)
      assert.deepEqual(tallies.reasonOf(poolId, '203.0.113.7'), { name: 'network-failures', points: 0 })
      await tallies.close()
    })
  })
}

const tallyOf = (users: number, now: number): Tally =>
  numbers(users).reduce((tally, user) => withOutcome(tally, 'failed', hashOf(user), now), emptyTally)

/** The database of a server with a pool, without the server. */
async function openPool(engine: TestEngine) {
  const server = await startTestServer(engine)
  const { UserPool } = await server.send(new CreateUserPoolCommand({ PoolName: 'stuffing' }))
  const storage = await openStorage({ url: server.databaseUrl })
  const clock = createTestClock()
  return {
    db: storage.db,
    clock,
    now: clock.now(),
    poolId: UserPool?.Id ?? '',
    async [Symbol.asyncDispose]() {
      await storage.close()
      await server.close()
    },
  }
}
