import type { Clock } from '../../base/clock.ts'
import { createLoadCache } from '../../base/load-cache.ts'
import type { Logger } from '../../base/logger.ts'
import type { Db } from '../../storage/db.ts'
import type { Traits } from '../traits.ts'
import { type Counter, type CounterLevel, findCounters } from './counter-repository.ts'
import { type Level, levels, levelValue } from './levels.ts'
import type { World } from './score.ts'
import { createWaitingCounts } from './waiting-counts.ts'

/** The counts of the sign-ins of all users, by pool. */
export type Worlds = {
  /** The counts as they were some minutes ago at most. */
  find(poolId: string): Promise<World>
  /** Counts a successful sign-in, if `find` has loaded the counts of the pool lately. The count is written some seconds later. */
  count(poolId: string, traits: Traits, isFirstOfUser: boolean): void
  /** Writes what is counted, and stops. */
  close(): Promise<void>
}

/** How long a process may use old counts. They change slowly. */
const cacheMilliseconds = 600_000

/** How many values of a level are kept. Others than the frequent ones tell nothing. */
const valuesOfLevel = 5_000

/** About the memory of one count. */
const bytesOfCounter = 120

const noWorld: World = { signIns: 0, users: 0, count: () => 0 }

/** `takesRoomFor` is false when the level is full and does not know the value. */
type LoadedWorld = World & { readonly size: number; takesRoomFor(level: Level, value: string): boolean }

type Options = { readonly db: Db; readonly clock: Clock; readonly logger: Pick<Logger, 'warn'> }

export function createWorlds({ db, clock, logger }: Options): Worlds {
  const cache = createLoadCache<LoadedWorld>({
    load: async (poolId) => worldOf(await findCounters(db, poolId)),
    clock,
    lifetimeMilliseconds: cacheMilliseconds,
    maxEntries: 10_000,
    memory: { maxBytes: 64_000_000, bytesOf: (_poolId, { size }) => 200 + size * bytesOfCounter },
  })
  const waiting = createWaitingCounts({ db, clock, logger })
  return {
    find: async (poolId) => (await cache.get(poolId)) ?? noWorld,
    count(poolId, traits, isFirstOfUser) {
      const world = cache.peek(poolId)
      // Only the loaded counts tell whether there is room for a new value.
      if (world === undefined) return
      waiting.add(poolId, 'sign-ins', '')
      if (isFirstOfUser) waiting.add(poolId, 'users', '')
      for (const level of levels) {
        const value = levelValue(traits, level)
        if (world.takesRoomFor(level, value)) waiting.add(poolId, level, value)
      }
    },
    close: waiting.close,
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
  const added = new Map<Level, Set<string>>()
  return {
    signIns: count('sign-ins', ''),
    users: count('users', ''),
    count,
    size: counters.length,
    takesRoomFor(level, value) {
      const news = added.get(level) ?? new Set<string>()
      if (count(level, value) > 0 || news.has(value)) return true
      if ((byLevel.get(level)?.size ?? 0) + news.size >= valuesOfLevel) return false
      added.set(level, news.add(value))
      return true
    },
  }
}
