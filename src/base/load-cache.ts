import type { Clock } from './clock.ts'

/** Caches loaded values for a limited time. */
export type LoadCache<Value> = {
  get(key: string): Promise<Value | undefined>
  /** Returns the cached value, whatever its age. It never calls `load`. */
  peek(key: string): Value | undefined
  /** Drops the values for which `matches` returns true. A load that began earlier is not cached, and not shared with later callers. */
  drop(matches: (value: Value) => boolean): void
  /** Drops all values. A load that began earlier is not cached, and not shared with later callers. */
  clear(): void
}

export type LoadCacheOptions<Value> = {
  load(key: string): Promise<Value | undefined>
  clock: Clock
  lifetimeMilliseconds: number
  maxEntries: number
}

/**
 * Concurrent calls for the same key share one load. A missing value is not cached: it is found as soon as it exists, and unauthenticated
 * callers cannot fill the memory with unknown keys.
 */
export function createLoadCache<Value>({ load, clock, lifetimeMilliseconds, maxEntries }: LoadCacheOptions<Value>): LoadCache<Value> {
  const entries = new Map<string, { readonly value: Value; readonly loadedAt: number }>()
  const loading = new Map<string, Promise<Value | undefined>>()
  let drops = 0

  async function loadAndCache(key: string): Promise<Value | undefined> {
    const dropsBefore = drops
    const loadedAt = clock.now()
    const value = await load(key)
    // A `drop` during the load may concern the value that is being loaded, but cannot see it yet. So a value is not cached after any `drop`
    // or `clear` during its load.
    if (value !== undefined && drops === dropsBefore) {
      entries.delete(key)
      if (entries.size >= maxEntries) deleteOldest(entries)
      entries.set(key, { value, loadedAt })
    }
    return value
  }

  return {
    get(key) {
      const entry = entries.get(key)
      const age = entry === undefined ? 0 : clock.now() - entry.loadedAt
      // A negative age means that the clock was set back, which would prolong the lifetime.
      if (entry !== undefined && age >= 0 && age < lifetimeMilliseconds) return Promise.resolve(entry.value)

      const running = loading.get(key)
      if (running !== undefined) return running
      const started = loadAndCache(key).finally(() => {
        if (loading.get(key) === started) loading.delete(key)
      })
      loading.set(key, started)
      return started
    },

    peek: (key) => entries.get(key)?.value,

    drop(matches) {
      drops++
      loading.clear()
      for (const [key, { value }] of entries) if (matches(value)) entries.delete(key)
    },

    clear() {
      drops++
      loading.clear()
      entries.clear()
    },
  }
}

/** Deletes the value that was loaded first: a Map keeps the order of insertion. */
function deleteOldest(entries: Map<string, unknown>): void {
  for (const key of entries.keys()) {
    entries.delete(key)
    return
  }
}
