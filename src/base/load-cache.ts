import type { Clock } from './clock.ts'

/** Remembers what was loaded, for a while. */
export type LoadCache<Value> = {
  get(key: string): Promise<Value | undefined>
  /** What is remembered under the key, however old. It loads nothing. */
  peek(key: string): Value | undefined
  /** Forgets what matches. Nothing whose loading began earlier is remembered or handed to callers who come later. */
  drop(matches: (value: Value) => boolean): void
  /** Forgets everything, for the same reason. */
  clear(): void
}

export type LoadCacheOptions<Value> = {
  load(key: string): Promise<Value | undefined>
  clock: Clock
  lifetimeMilliseconds: number
  maxEntries: number
}

/**
 * Callers who ask for the same key at the same time share one load. What is not found is not remembered: the thing works as soon as it
 * exists, and strangers cannot fill the memory with names.
 */
export function createLoadCache<Value>({ load, clock, lifetimeMilliseconds, maxEntries }: LoadCacheOptions<Value>): LoadCache<Value> {
  const entries = new Map<string, { readonly value: Value; readonly loadedAt: number }>()
  const loading = new Map<string, Promise<Value | undefined>>()
  let drops = 0

  async function loadAndRemember(key: string): Promise<Value | undefined> {
    const dropsBefore = drops
    const loadedAt = clock.now()
    const value = await load(key)
    // Which thing a load will find is not known before it ends, so that any drop in the meantime counts.
    if (value !== undefined && drops === dropsBefore) {
      entries.delete(key)
      if (entries.size >= maxEntries) deleteFirst(entries)
      entries.set(key, { value, loadedAt })
    }
    return value
  }

  return {
    get(key) {
      const entry = entries.get(key)
      const age = entry === undefined ? 0 : clock.now() - entry.loadedAt
      // An age below nothing: the clock was set back, and would keep the entry alive for as long.
      if (entry !== undefined && age >= 0 && age < lifetimeMilliseconds) return Promise.resolve(entry.value)

      const underWay = loading.get(key)
      if (underWay !== undefined) return underWay
      const started = loadAndRemember(key).finally(() => {
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

/** The one that was loaded longest ago, as a Map keeps the order of insertion. */
function deleteFirst(entries: Map<string, unknown>): void {
  for (const key of entries.keys()) {
    entries.delete(key)
    return
  }
}
