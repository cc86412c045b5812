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
  /** Bounds the memory of all values together. Leave it out where all values are small. */
  memory?: { readonly maxBytes: number; readonly bytesOf: (key: string, value: Value) => number }
}

type Entry<Value> = { readonly value: Value; readonly loadedAt: number; readonly bytes: number }

/**
 * Concurrent calls for the same key share one load. A missing value is not cached: it is found as soon as it exists, and unauthenticated
 * callers cannot fill the memory with unknown keys.
 */
export function createLoadCache<Value>(options: LoadCacheOptions<Value>): LoadCache<Value> {
  const { load, clock, lifetimeMilliseconds } = options
  const entries = new BoundedEntries(options)
  const loading = new Map<string, Promise<Value | undefined>>()
  let drops = 0

  async function loadAndCache(key: string): Promise<Value | undefined> {
    const dropsBefore = drops
    const loadedAt = clock.now()
    const value = await load(key)
    // A `drop` during the load may concern the value that is being loaded, but cannot see it yet. So a value is not cached after any `drop`
    // or `clear` during its load.
    if (value !== undefined && drops === dropsBefore) {
      entries.set(key, value, loadedAt)
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
      entries.deleteWhere(matches)
    },

    clear() {
      drops++
      loading.clear()
      entries.clear()
    },
  }
}

/** The values of a cache. The value that was loaded first makes room for others: a Map keeps the order of insertion. */
class BoundedEntries<Value> {
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #maxEntries: number
  readonly #memory: NonNullable<LoadCacheOptions<Value>['memory']>
  #bytes = 0

  constructor({ maxEntries, memory = { maxBytes: 0, bytesOf: () => 0 } }: LoadCacheOptions<Value>) {
    this.#maxEntries = maxEntries
    this.#memory = memory
  }

  get(key: string): Entry<Value> | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: Value, loadedAt: number): void {
    this.#delete(key)
    const { maxBytes, bytesOf } = this.#memory
    const bytes = bytesOf(key, value)
    if (bytes > maxBytes) return
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < this.#maxEntries && this.#bytes + bytes <= maxBytes) break
      this.#delete(oldest)
    }
    this.#bytes += bytes
    this.#entries.set(key, { value, loadedAt, bytes })
  }

  deleteWhere(matches: (value: Value) => boolean): void {
    for (const [key, { value }] of this.#entries) if (matches(value)) this.#delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }

  #delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
  }
}
