import type { Clock } from '../../base/clock.ts'
import { createLoadCache } from '../../base/load-cache.ts'
import { ignoreUnavailable } from '../../storage/database-unavailable-error.ts'
import type { Db } from '../../storage/db.ts'
import type { Traits } from '../traits.ts'
import { addCounters, type Counter, type CounterLevel, findCounters } from './counter-repository.ts'
import { type Level, levels, levelValue } from './levels.ts'
import type { World } from './score.ts'

/** The counts of the sign-ins of all users, by pool. */
export type Worlds = {
  /** The counts as they were some minutes ago at most. */
  find(poolId: string): Promise<World>
  /** Counts a successful sign-in. The count is written some seconds later; a process that is killed meanwhile loses it. */
  count(poolId: string, traits: Traits, isFirstOfUser: boolean): void
  /** Writes what is counted, and stops. */
  close(): Promise<void>
}

/** How long a process may use old counts. They change slowly. */
const cacheMilliseconds = 600_000
const writeEveryMs = 5_000

/** How many values of a level are kept. Others than the frequent ones tell nothing. */
const valuesOfLevel = 5_000
/** How many values a process keeps until it writes them. */
const waitingValues = 20_000
/** How many values are written by one statement. */
const batchSize = 500

const noWorld: World = { signIns: 0, users: 0, count: () => 0 }

/** About the memory of one count. */
const bytesOfCounter = 120

/** `takesRoomFor` is false when the level is full and does not know the value. */
type LoadedWorld = World & { readonly size: number; takesRoomFor(level: Level, value: string): boolean }

export function createWorlds({ db, clock }: { readonly db: Db; readonly clock: Clock }): Worlds {
  const cache = createLoadCache<LoadedWorld>({
    load: async (poolId) => worldOf(await findCounters(db, poolId)),
    clock,
    lifetimeMilliseconds: cacheMilliseconds,
    maxEntries: 10_000,
    memory: { maxBytes: 64_000_000, bytesOf: (_poolId, { size }) => 200 + size * bytesOfCounter },
  })
  let waiting = new Map<string, Map<string, Counter>>()
  let size = 0

  function add(poolId: string, level: CounterLevel, value: string): void {
    const ofPool = waiting.get(poolId) ?? new Map<string, Counter>()
    waiting.set(poolId, ofPool)
    const key = `${level} ${value}`
    const before = ofPool.get(key)
    if (before === undefined && size >= waitingValues) return
    if (before === undefined) size++
    ofPool.set(key, { level, value, count: (before?.count ?? 0) + 1 })
  }

  async function write(): Promise<void> {
    const writing = waiting
    waiting = new Map()
    size = 0
    for (const [poolId, counters] of writing) {
      const all = [...counters.values()]
      for (let start = 0; start < all.length; start += batchSize) {
        const batch = all.slice(start, start + batchSize)
        await db
          .transaction()
          .execute((tx) => addCounters(tx, poolId, batch, clock.now()))
          .catch(ignoreUnavailable)
      }
    }
  }

  let writing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    if (size > 0) writing = writing.then(write)
  }, writeEveryMs).unref()

  return {
    find: async (poolId) => (await cache.get(poolId)) ?? noWorld,
    count(poolId, traits, isFirstOfUser) {
      const world = cache.peek(poolId)
      add(poolId, 'sign-ins', '')
      if (isFirstOfUser) add(poolId, 'users', '')
      for (const level of levels) {
        const value = levelValue(traits, level)
        if (world === undefined || world.takesRoomFor(level, value)) add(poolId, level, value)
      }
    },
    async close() {
      clearInterval(timer)
      await writing
      await write()
    },
  }
}

function worldOf(counters: readonly Counter[]): LoadedWorld {
  const byLevel = new Map<CounterLevel, Map<string, number>>()
  for (const { level, value, count } of counters) {
    const ofLevel = byLevel.get(level) ?? new Map<string, number>()
    byLevel.set(level, ofLevel.set(value, count))
  }
  const count = (level: CounterLevel, value: string) => byLevel.get(level)?.get(value) ?? 0
  // The new values since the counts were loaded.
  const added = new Map<Level, number>()
  return {
    signIns: count('sign-ins', ''),
    users: count('users', ''),
    count,
    size: counters.length,
    takesRoomFor(level, value) {
      if (count(level, value) > 0) return true
      const taken = byLevel.get(level)?.size ?? 0
      const isNew = taken + (added.get(level) ?? 0) < valuesOfLevel
      if (isNew) added.set(level, (added.get(level) ?? 0) + 1)
      return isNew
    },
  }
}
