import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import type { Db } from '../storage/db.ts'
import type { AccessKey } from './access-key.ts'
import { findAccessKey } from './access-key-repository.ts'

export type FindAccessKey = (id: string) => Promise<AccessKey | undefined>

/** How long a deleted key may still work in a process that used it just before. */
export const cacheMilliseconds = 5_000

const cacheSize = 1_000

/**
 * Finds keys and remembers them for a few seconds, so that a busy client costs no query for each request. Ids that do not exist are
 * not remembered: a new key works at once, and a stranger cannot fill the memory with names.
 */
export function cachedAccessKeys(db: Db, secrets: Secrets, clock: Clock): FindAccessKey {
  const cache = new Map<string, { readonly key: AccessKey; readonly loadedAt: number }>()

  return async (id) => {
    const entry = cache.get(id)
    if (entry !== undefined && isFresh(entry.loadedAt, clock.now())) return entry.key

    cache.delete(id)
    const loadedAt = clock.now()
    const key = await findAccessKey(db, secrets, id)
    if (key === undefined) return undefined
    if (cache.size >= cacheSize) cache.clear()
    cache.set(id, { key, loadedAt })
    return key
  }
}

/** A clock that was set back must not keep a deleted key alive. */
function isFresh(loadedAt: number, now: number): boolean {
  return loadedAt <= now && now < loadedAt + cacheMilliseconds
}
